// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic.c - the deciding side: steer() on arrivals, select() on credits, and what it knows of loads
 */
#include "engine.h"

/* In front of the NIC (or the dispatcher of a system that has one). */
HOT void nic_arrival(struct engine *e, struct domain *d, uint32_t r)
{
	tick from;

	if (!e->nic && !RARE(d->nic_free > e->now)) {
		nic_decide(e, d, r);
		return;
	}
	if (d->nic_n >= e->nic_max) {
		req_refuse(e, r, REFUSED_DROP);
		return;
	}
	d->nic_n++;
	from = d->nic_free > e->now ? d->nic_free : e->now;
	d->nic_free = from + e->nic;
	line_push(e, &d->line[LINE_NIC], d->nic_free, r, 0, 0);
}

/* Wire: the cores that have the most credit left are those that a policy sees as idle. */
static void show_credit(struct engine *e, struct domain *d)
{
	uint64_t idle = 0;

	for (int k = 0; k < e->outstanding && !idle; k++)
		idle = d->at_load[k];
	d->v->idle = idle & d->v->up;
}

/* Wire: "change" more are outstanding at a core. */
HOT void nic_load(struct engine *e, struct domain *d, int core, int change)
{
	struct core *c = &d->core[core];
	uint64_t bit = 1ULL << core;

	if (c->load <= OUTSTANDING_MAX)
		d->at_load[c->load] &= ~bit;
	c->load += change;
	if (c->up && c->load <= OUTSTANDING_MAX)
		d->at_load[c->load] |= bit;
	view_load(d->v, core, c->load);
	show_credit(e, d);
}

static void send(struct engine *e, struct domain *d, uint32_t r, int core)
{
	struct core *c = &d->core[core];

	e->pool[r].core = core;
	e->pool[r].steered = 1;
	c->coming++;
	d->free &= ~(1ULL << core);
	if (e->transport == TRANSPORT_WIRE) {
		nic_load(e, d, core, 1);
	} else if (e->transport == TRANSPORT_PUBLISHED) {
		c->load++;
	} else {
		view_sent(d->v, core);
		view_idle(d->v, core, false);
	}
	if (e->deliver)
		line_push(e, &d->line[LINE_DELIVER], e->now + e->deliver, r, core, ITEM_STEER);
	else
		core_deliver(e, d, core, r);
}

static void hold(struct engine *e, struct domain *d, uint32_t r)
{
	struct req *q = &e->pool[r];

	if (d->held[q->cls].n >= e->hold_max) {
		req_refuse(e, r, REFUSED_DROP);
		return;
	}
	q->queued = e->now;
	q->steered = 0;
	e->r->held++;
	if (e->deliver && e->transport != TRANSPORT_WIRE)
		line_push(e, &d->line[LINE_DELIVER], e->now + e->deliver, r, 0, ITEM_HOLD);
	else
		core_held(e, d, r);
}

HOT void nic_decide(struct engine *e, struct domain *d, uint32_t r)
{
	struct req *q = &e->pool[r];
	struct shunt_event ev = {
		.now_ns = e->now / TICKS_NS,
		.flow_hash = q->flow,
		.key_hash = q->flow,
		.cls = q->cls,
		.core = SHUNT_NONE,
		.run_cls = SHUNT_NONE,
	};
	int to;

	if (d->p->flags & SHUNT_NEEDS_RANDOM)
		ev.random = rng_next(&e->random) >> 32;
	if (RARE(e->stamp_nic))
		q->arrival = e->now;
	q->queued = e->now;
	if (RARE(e->staged)) {
		e->rare->staged_arrive(e, d, r);
		return;
	}
	to = d->p->steer(d->v, &ev);
	if (to == SHUNT_REJECT || to == SHUNT_DROP) {
		req_refuse(e, r, to == SHUNT_REJECT ? REFUSED_REJECT : REFUSED_DROP);
	} else if (to < 0) {
		e->r->bad_answers += to != SHUNT_HOLD;
		hold(e, d, r);
	} else if (to >= SHUNT_CORES || !(d->v->up >> to & 1)) {
		e->r->bad_answers++;
		hold(e, d, r);
	} else if (d->core[to].ring.n + d->core[to].coming >= e->ring_max ||
		   (d->idle_only && !(d->v->idle >> to & 1))) {
		hold(e, d, r);
	} else {
		send(e, d, r, to);
	}
}

/* Wire: a core has ended a request, or parked one that now waits here. */
HOT void nic_credit(struct engine *e, struct domain *d, int core, uint32_t parked)
{
	struct core *c = &d->core[core];
	int cls;

	if (parked)
		put_waiting(e, d, parked, to_head(e, d, core, parked));
	if (RARE(!c->up))
		return;
	if (c->load)
		nic_load(e, d, core, -1);
	while (c->load < (uint32_t)e->outstanding && d->waiting) {
		cls = ask_select(e, d, core, 0);
		if (cls < 0)
			break;
		send(e, d, take_held(e, d, cls), core);
	}
}

/* Published: the cores' loads of this moment start on their way. */
HOT void nic_publish(struct engine *e)
{
	struct loads *l = &e->loads[e->loads_tail++ % e->loads_size];
	int n = 0;

	for (int i = 0; i < e->ndomains; i++) {
		for (int j = 0; j < e->dom[i].ncores; j++)
			l->load[n++] = e->dom[i].core[j].load < 255 ? e->dom[i].core[j].load : 255;
	}
	l->at = e->now + e->publish_delay;
	if (e->loads_tail - e->loads_head == 1)
		set_time(e, LEAF_PUBLISHED, l->at);
	set_time(e, LEAF_PUBLISH, e->ending ? NEVER : e->now + e->publish);
}

HOT void nic_published(struct engine *e)
{
	struct loads *l = &e->loads[e->loads_head++ % e->loads_size];
	int n = 0;

	for (int i = 0; i < e->ndomains; i++) {
		for (int j = 0; j < e->dom[i].ncores; j++, n++) {
			view_load(e->dom[i].v, j, l->load[n]);
			view_idle(e->dom[i].v, j, !l->load[n]);
		}
	}
	set_time(e, LEAF_PUBLISHED, e->loads_head == e->loads_tail ? NEVER :
		 e->loads[e->loads_head % e->loads_size].at);
}
