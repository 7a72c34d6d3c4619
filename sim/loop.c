// SPDX-License-Identifier: BSD-2-Clause
/*
 * loop.c - what is next, until all that arrived has ended (part of whole.c and plain.c)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"

HOT void line_push(struct engine *e, struct line *l, tick at, uint32_t req, int core, int what)
{
	struct item *i, *more;
	uint32_t n = l->tail - l->head;

	if (n == l->size) {
		more = malloc(2 * l->size * sizeof(*more));
		if (!more) {
			fprintf(stderr, "shunt-sim: no memory\n");
			exit(1);
		}
		for (uint32_t k = 0; k < n; k++)
			more[k] = l->item[(l->head + k) & (l->size - 1)];
		free(l->item);
		l->item = more;
		l->head = 0;
		l->tail = n;
		l->size *= 2;
	}
	i = &l->item[l->tail++ & (l->size - 1)];
	*i = (struct item){ .at = at, .req = req, .core = core, .what = what };
	if (!n)
		set_time(e, l->leaf, at);
}

static struct item line_pop(struct engine *e, struct line *l)
{
	struct item i = l->item[l->head++ & (l->size - 1)];

	set_time(e, l->leaf, l->head == l->tail ? NEVER : l->item[l->head & (l->size - 1)].at);
	return i;
}

static void line_event(struct engine *e, struct domain *d, int which)
{
	struct item i = line_pop(e, &d->line[which]);

	if (RARE(e->staged) && which != LINE_NIC) {
		e->rare->staged_line(e, d, which, &i);
		return;
	}
	switch (which) {
	case LINE_NIC:
		d->nic_n--;
		nic_decide(e, d, i.req);
		break;
	case LINE_CREDIT:
		nic_credit(e, d, i.core, i.req);
		break;
	case LINE_DELIVER:
		if (i.what == ITEM_STEER)
			core_deliver(e, d, i.core, i.req);
		else
			core_held(e, d, i.req);
		break;
	case LINE_FEEDBACK:
		core_word(e, d, &i);
		break;
	}
}

HOT uint32_t req_new(struct engine *e)
{
	uint32_t r = e->free_req;

	if (r) {
		e->free_req = e->pool[r].next;
		return r;
	}
	return e->fresh_req < e->pool_max ? e->fresh_req++ : 0;
}

/* The policy's hash knows nothing of what picks the domain:
 * the lower half of a product, or the upper bits of a hash. */
static struct domain *pick_domain(struct engine *e, struct req *q, uint32_t hash)
{
	if (RARE(e->services)) {
		q->flow = hash;
		return &e->dom[e->c->w->cls[q->cls].service_no];
	}
	if (RARE(e->c->w->rss)) {
		q->flow = hash;
		return &e->dom[rss_queue(hash, e->ndomains)];
	}
	q->flow = hash * (uint32_t)e->ndomains;
	return &e->dom[(uint64_t)hash * e->ndomains >> 32];
}

HOT void req_arrive(struct engine *e, uint32_t r, uint32_t flow)
{
	struct domain *d = pick_domain(e, &e->pool[r], flow);

	e->in_flight++;
	d->arrived++;
	nic_arrival(e, d, r);
}

HOT void req_refuse(struct engine *e, uint32_t r, enum refusal how)
{
	struct class_result *c = &e->r->cls[e->pool[r].cls];

	if (RARE(e->calls)) {
		e->hooks->refused(e, &e->pool[r], how);
	} else if (measured(e, &e->pool[r])) {
		c->dropped += how == REFUSED_DROP;
		c->rejected += how == REFUSED_REJECT;
		c->lost += how == REFUSED_LOST;
		c->expired += how == REFUSED_EXPIRED;
	}
	req_free(e, r);
}

/* The request that is due arrives, and the next one is drawn. 0 or -1. */
static int arrival_event(struct engine *e, uint64_t n, struct why *why)
{
	struct arrival a = e->coming;
	struct class_result *c = &e->r->cls[a.cls];
	uint32_t r = req_new(e);
	int more = source_next(&e->src, &e->coming, why);

	if (more < 0)
		return -1;
	if (more) {
		e->coming.at = NEVER;
		e->ending = true;
	}
	if (n >= e->warm) {
		if (!e->first)
			e->first = a.at;
		e->last = a.at;
		c->arrived++;
		measure_arrival(&e->m, n, e->in_flight);
	}
	if (!r) {
		c->dropped += n >= e->warm;
		return 0;
	}
	e->pool[r] = (struct req){ .arrival = a.at, .left = a.service, .service = a.service, .n = n,
				   .cls = a.cls };
	req_arrive(e, r, a.flow);
	return 0;
}

/* Executes the event of a leaf. */
static inline __attribute__((always_inline)) void happen(struct engine *e, int leaf)
{
	struct leaf l = e->leaves[leaf];
	struct domain *d = &e->dom[l.domain];

	if (l.is < LEAF_LINES) {
		core_event(e, d, l.is);
	} else if (l.is < LEAF_RUN) {
		line_event(e, d, l.is - LEAF_LINES);
	} else if (RARE(l.is == LEAF_RUN + LEAF_FAIL)) {
		e->rare->fail(e);
	} else if (RARE(l.is == LEAF_RUN + LEAF_STALL)) {
		e->rare->stall(e);
	} else if (RARE(l.is == LEAF_RUN + LEAF_ELASTIC)) {
		e->rare->services_look(e);
	} else if (RARE(l.is == LEAF_RUN + LEAF_MOVED)) {
		e->rare->services_arrived(e);
	} else if (l.is == LEAF_RUN + LEAF_PUBLISH) {
		nic_publish(e);
	} else {
		nic_published(e);
	}
}

#ifndef PLAIN
void engine_step(struct engine *e)
{
	int leaf = tournament_first(&e->times);

	e->now = tournament_time(&e->times);
	happen(e, leaf);
}
#endif

int LOOP(struct engine *e, volatile sig_atomic_t *stop, struct why *why)
{
	uint64_t n = 0, events = 0;
	bool arrives;
	tick now;

	for (;;) {
		now = tournament_time(&e->times);
		arrives = e->coming.at <= now;
		if (arrives)
			now = e->coming.at;
		if (now >= NEVER)
			break;
		if (e->ending && !e->in_flight)
			break; /* only timers are left */
		e->now = now;
		if (!(++events & 0xffff) && stop && *stop)
			return -EINTR;
		if (arrives) {
			if (arrival_event(e, n++, why))
				return -EINVAL;
		} else {
			happen(e, tournament_first(&e->times));
		}
	}
	e->r->events = events;
	return 0;
}
