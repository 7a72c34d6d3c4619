// SPDX-License-Identifier: BSD-2-Clause
/*
 * cores.c - the serving side: what a core takes next, when it is asked to yield, what it reports
 */
#include "calls.h"
#include "services.h"

/* A core's word goes to the NIC's side, at once if feedback takes no time. */
static void tell(struct engine *e, struct domain *d, int i, int what, uint32_t req)
{
	struct item word = { .core = i, .what = what, .req = req };

	if (e->feedback)
		line_push(e, &d->line[LINE_FEEDBACK], e->now + e->feedback, req, i, what);
	else
		core_word(e, d, &word);
}

HOT void begin(struct engine *e, struct domain *d, int i, uint32_t r, tick extra)
{
	struct core *c = &d->core[i];
	tick q = e->quantum[e->pool[r].cls];
	tick left = e->pool[r].left;
	bool quantum;

	if (RARE(e->slowness))
		left *= e->slowness[i];
	if (RARE(e->last_service))
		extra += e->rare->services_change(e, d, i, r);
	if (RARE(c->stalled > e->now))
		extra += c->stalled - e->now;
	if (RARE(e->calls))
		e->pool[r].runs = 1;
	c->run = r;
	if (e->transport == TRANSPORT_SHARED)
		view_runs(d->v, i, e->pool[r].cls);
	c->begin = e->now + extra + e->start;
	c->end = c->begin + left + e->end;
	c->busy -= e->now;
	if (RARE(e->unseen)) {
		c->seen = c->ring.n;
		d->ringful = (d->ringful & ~(1ULL << i)) | (uint64_t)!!c->seen << i;
	}
	d->free &= ~(1ULL << i);
	quantum = q < left;
	set_core(e, d, i, quantum ? CORE_QUANTUM : CORE_DONE, quantum ? c->begin + q : c->end);
}

HOT uint32_t take_ring(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	uint32_t r = fifo_pop(e, &c->ring);

	if (RARE(c->seen))
		c->seen--;
	if (!c->ring.n || (RARE(e->unseen) && !c->seen))
		d->ringful &= ~(1ULL << i);
	return r;
}

static int victim(const struct domain *d, int i)
{
	uint64_t after = d->ringful & ~((2ULL << i) - 1);

	return __builtin_ctzll(after ? after : d->ringful);
}

/* From another core's ring, which is interrupted for it. */
HOT uint32_t steal(struct engine *e, struct domain *d, int i)
{
	int from = victim(d, i);
	struct core *c = &d->core[from];

	e->r->stolen++;
	if (e->steal_home && c->run && c->next == CORE_DONE) {
		c->end += e->steal_home;
		set_core(e, d, from, CORE_DONE, c->end);
	}
	return take_ring(e, d, from);
}

/* Gives core i, which runs nothing, its next request: its own ring, what is held, others' rings. */
HOT bool next_one(struct engine *e, struct domain *d, int i, tick extra)
{
	uint32_t r;
	int cls;

	if (RARE(e->staged))
		return e->rare->staged_next(e, d, i, extra);
	if (RARE(e->expires))
		e->rare->expire(e, d, i);
	if (d->core[i].ring.n) {
		begin(e, d, i, take_ring(e, d, i), extra);
		return true;
	}
	if (d->waiting && e->transport != TRANSPORT_WIRE) {
		cls = ask_select(e, d, i, 0);
		if (cls >= 0) {
			r = take_held(e, d, cls);
			view_idle(d->v, i, false);
			begin(e, d, i, r, extra + e->pop);
			return true;
		}
	}
	if (d->steals && d->ringful) {
		r = steal(e, d, i);
		view_idle(d->v, i, false);
		begin(e, d, i, r, extra + e->steal);
		return true;
	}
	return RARE(e->far) && e->rare->far_next(e, d, i, extra);
}

HOT void mark(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	tick at = e->now + e->mark;

	d->over &= ~(1ULL << i);
	if (e->safepoint)
		at += rng_unit(&e->random) * e->safepoint;
	if (RARE(at < c->stalled))
		at = c->stalled;
	if (at + e->end < c->end)
		set_core(e, d, i, CORE_YIELD, at);
	else
		set_core(e, d, i, CORE_DONE, c->end);
}

/* A request began to wait: the core whose request overran its quantum the longest is told to
 * yield. */
static void mark_one(struct engine *e, struct domain *d)
{
	int oldest = __builtin_ctzll(d->over);

	for (uint64_t bits = d->over & (d->over - 1); bits; bits &= bits - 1) {
		int i = __builtin_ctzll(bits);

		if (d->core[i].begin < d->core[oldest].begin)
			oldest = i;
	}
	mark(e, d, oldest);
}

HOT void core_deliver(struct engine *e, struct domain *d, int i, uint32_t r)
{
	struct core *c = &d->core[i];

	c->coming--;
	if (RARE(!c->up)) { /* what was on its way to a core that died is served by the others */
		e->pool[r].steered = 0;
		core_held(e, d, r);
		return;
	}
	fifo_push(e, &c->ring, r);
	if (!RARE(e->unseen))
		d->ringful |= 1ULL << i;
	if (RARE(e->seats) && !e->rare->seats_there(e, d, i))
		e->rare->seats_wanted(e, d, i);
	else if (!c->run)
		next_one(e, d, i, 0);
	else if (d->steals && d->free)
		next_one(e, d, __builtin_ctzll(d->free), 0);
	else if (RARE(e->far) && d->steals)
		e->rare->far_wake(e, d);
	else if (e->transport == TRANSPORT_WIRE && d->over >> i & 1)
		mark(e, d, i);
}

HOT void core_held(struct engine *e, struct domain *d, uint32_t r)
{
	put_waiting(e, d, r, false);
	if (e->transport != TRANSPORT_WIRE) {
		for (uint64_t bits = d->free; bits && d->waiting; bits &= bits - 1)
			next_one(e, d, __builtin_ctzll(bits), 0);
		if (RARE(e->far) && d->waiting)
			e->rare->far_wake(e, d);
	}
	if (d->over && d->waiting)
		mark_one(e, d);
	if (RARE(e->seats) && d->waiting)
		e->rare->seats_wanted(e, d, -1);
}

/* Sends a core's word that its request has ended, by the way of the transport. */
static void report(struct engine *e, struct domain *d, int i, const struct req *q, bool idle)
{
	int what = idle ? WORD_IDLE : 0, from = i;

	if (RARE(e->staged))
		return; /* it has been told of by then */
	if (e->transport == TRANSPORT_WIRE) {
		tell(e, d, i, WORD_CREDIT, 0);
		return;
	}
	if (q->steered) {
		from = q->core;
		if (e->transport == TRANSPORT_PUBLISHED)
			d->core[from].load--;
		else
			what |= WORD_DONE;
	}
	if (e->transport == TRANSPORT_PUBLISHED)
		return;
	if (what)
		tell(e, d, i, what, from);
}

HOT void core_word(struct engine *e, struct domain *d, const struct item *word)
{
	int i = word->core;

	if (word->what & WORD_CREDIT) {
		if (!e->credit) {
			nic_credit(e, d, i, word->req);
			return;
		}
		d->credit_free = (d->credit_free > e->now ? d->credit_free : e->now) + e->credit;
		line_push(e, &d->line[LINE_CREDIT], d->credit_free, word->req, i, word->what);
		return;
	}
	if (word->what & WORD_DONE)
		view_done(d->v, word->req);
	if (word->what & WORD_IDLE && d->free >> i & 1)
		view_idle(d->v, i, true);
}

static void measure(struct engine *e, const struct req *q)
{
	tick spent = e->now - e->rest - q->arrival;

	if (RARE(e->calls)) {
		e->hooks->ended(e, q);
		return;
	}
	if (!e->ending && e->first)
		e->done_in_time++;
	if (measured(e, q))
		measure_end(&e->m, q->cls, in_ns(spent), in_ns(q->service),
			    q->service ? (double)(int64_t)spent / (double)(int64_t)q->service : 1);
}

static void ended(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	struct req *q = &e->pool[c->run];
	uint32_t r = c->run;
	bool idle;

	measure(e, q);
	if (view_service(d->v, &d->times, q->cls, q->service / TICKS_NS, e->now / TICKS_NS))
		view_plan(d->v, d->p, e->now / TICKS_NS);
	if (d->p->done) {
		struct shunt_event ev = end_of(e, q, i, q->service);

		d->p->done(d->v, &ev);
	}
	c->run = 0;
	if (e->transport == TRANSPORT_SHARED)
		view_runs(d->v, i, SHUNT_NONE);
	if (RARE(e->staged))
		e->rare->staged_ended(e, d, i, q);
	c->busy += e->now;
	d->over &= ~(1ULL << i);
	if (RARE(e->elastic) && e->rare->services_leave(e, d, i)) {
		report(e, d, i, q, false);
		req_free(e, r);
		return;
	}
	idle = !next_one(e, d, i, 0);
	if (idle) {
		set_core(e, d, i, CORE_DONE, NEVER);
		if (!c->coming)
			d->free |= 1ULL << i;
	}
	report(e, d, i, q, idle && !c->coming);
	if (RARE(e->seats) && idle)
		e->rare->seats_idle(e, d, i);
	while (RARE(e->unseen) && d->free && d->ringful &&
	       next_one(e, d, __builtin_ctzll(d->free), 0))
		; /* what this core has seen only now */
	req_free(e, r);
}

/* Core i has seen the order to yield. */
static void yielded(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	uint32_t r = c->run;
	int cls = -1;
	tick q = e->quantum[e->pool[r].cls], left = c->end - e->end - e->now;

	if (RARE(e->staged)) {
		e->rare->staged_yield(e, d, i);
		return;
	}
	if (RARE(e->seats) && e->rare->seats_yield(e, d, i))
		return;
	if (RARE(e->expires))
		e->rare->expire(e, d, i);
	if (e->transport == TRANSPORT_WIRE)
		cls = 0; /* the NIC decides what is next */
	else if (d->waiting)
		cls = ask_select(e, d, i, r);
	if (cls < 0) {
		c->end += e->yield;
		if (q + e->yield < left + e->yield)
			set_core(e, d, i, CORE_QUANTUM, e->now + e->yield + q);
		else
			set_core(e, d, i, CORE_DONE, c->end);
		return;
	}
	e->r->preempted++;
	e->pool[r].left = RARE(e->slowness) ? left / e->slowness[i] : left;
	e->pool[r].parked = 1;
	e->pool[r].runs = 0;
	c->busy += e->now;
	c->run = 0;
	if (e->transport == TRANSPORT_SHARED)
		view_runs(d->v, i, SHUNT_NONE);
	if (e->transport == TRANSPORT_WIRE) {
		if (!next_one(e, d, i, e->yield + e->swap))
			set_core(e, d, i, CORE_DONE, NEVER);
		tell(e, d, i, WORD_CREDIT, r);
		return;
	}
	put_waiting(e, d, r, to_head(e, d, i, r));
	begin(e, d, i, take_held(e, d, cls), e->yield + e->swap);
}

HOT void core_event(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];

	switch (c->next) {
	case CORE_DONE:
		ended(e, d, i);
		break;
	case CORE_QUANTUM:
		if (RARE(e->timer)) {
			yielded(e, d, i);
		} else if (d->waiting || (e->transport == TRANSPORT_WIRE && c->ring.n)) {
			mark(e, d, i);
		} else {
			d->over |= 1ULL << i;
			set_core(e, d, i, CORE_DONE, c->end);
		}
		break;
	case CORE_YIELD:
		yielded(e, d, i);
		break;
	}
}
