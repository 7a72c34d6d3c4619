// SPDX-License-Identifier: BSD-2-Clause
/*
 * waiting.c - what waits in a domain, held or parked, and which of it the policy would have next
 */
#include "engine.h"

/* The request of a class that goes first: the one that was queued earliest. */
HOT uint32_t first_of(const struct engine *e, const struct domain *d, int cls)
{
	uint32_t held = d->held[cls].head, parked = d->parked[cls].head;

	if (!parked || (held && e->pool[held].queued < e->pool[parked].queued))
		return held;
	return parked;
}

HOT uint32_t take_held(struct engine *e, struct domain *d, int cls)
{
	uint32_t r = first_of(e, d, cls);

	fifo_pop(e, r == d->parked[cls].head ? &d->parked[cls] : &d->held[cls]);
	if (!d->held[cls].n && !d->parked[cls].n)
		d->waiting &= ~(1U << cls);
	if (e->pool[r].parked)
		view_parked(d->v, cls, -1);
	else
		view_taken(d->v, cls);
	e->pool[r].parked = 0;
	e->backlog--;
	return r;
}

/* Sorted by when it was queued first; the newest come last, so the place is near the end. */
static void park(struct engine *e, struct fifo *q, uint32_t r)
{
	uint32_t before = q->tail;

	while (before && e->pool[before].queued > e->pool[r].queued)
		before = e->pool[before].prev;
	if (before == q->tail) {
		fifo_push(e, q, r);
		return;
	}
	e->pool[r].prev = before;
	e->pool[r].next = before ? e->pool[before].next : q->head;
	e->pool[e->pool[r].next].prev = r;
	if (before)
		e->pool[before].next = r;
	else
		q->head = r;
	q->n++;
}

HOT void put_waiting(struct engine *e, struct domain *d, uint32_t r, bool head)
{
	int cls = e->pool[r].cls;

	if (head) {
		park(e, &d->parked[cls], r);
	} else {
		e->pool[r].queued = e->now;
		fifo_push(e, &d->held[cls], r);
	}
	d->waiting |= 1U << cls;
	if (e->pool[r].parked)
		view_parked(d->v, cls, 1);
	else
		view_held(d->v, cls);
	if (++e->backlog > e->r->backlog_max)
		e->r->backlog_max = e->backlog;
}

HOT bool to_head(struct engine *e, struct domain *d, int i, uint32_t r)
{
	struct shunt_event ev = {
		.now_ns = e->now / TICKS_NS,
		.cls = e->pool[r].cls,
		.core = i,
		.run_cls = SHUNT_NONE,
	};

	if (d->p->requeue)
		return d->p->requeue(d->v, &ev) == SHUNT_HEAD;
	return !e->c->w->cls[e->pool[r].cls].tail;
}

/*
 * The class that core i would serve next, or -1. run: the request that core i may have to put back
 * (0: the core is free), which counts as waiting where it would wait; -1, too, if it would be the
 * first of the chosen class.
 */
HOT int ask_select(struct engine *e, struct domain *d, int i, uint32_t run)
{
	struct shunt_event ev = {
		.now_ns = e->now / TICKS_NS,
		.waiting = d->waiting,
		.cls = SHUNT_NONE,
		.core = i,
		.run_cls = SHUNT_NONE,
	};
	tick run_queued = 0;
	uint32_t first;
	int cls;

	if (run) {
		ev.run_cls = e->pool[run].cls;
		ev.run_ns = e->pool[run].arrival / TICKS_NS;
		ev.waiting |= 1U << ev.run_cls;
		run_queued = to_head(e, d, i, run) ? e->pool[run].queued : e->now;
	}
	for (uint32_t bits = ev.waiting; bits; bits &= bits - 1) {
		int c = __builtin_ctz(bits);
		tick queued;

		first = first_of(e, d, c);
		queued = first ? e->pool[first].queued : 0;
		if (run && c == ev.run_cls && (!first || run_queued < queued)) {
			first = run;
			queued = run_queued;
		}
		view_head(d->v, i, c, e->pool[first].arrival, queued);
	}
	cls = d->p->select(d->v, &ev);
	if (cls == SHUNT_GO_ON) {
		e->r->bad_answers += d->p->flags & SHUNT_TAKES_ANY && ev.waiting;
		return -1;
	}
	if (cls < 0 || cls >= SHUNT_CLASSES || !(ev.waiting >> cls & 1)) {
		e->r->bad_answers++;
		return -1;
	}
	if (run && cls == ev.run_cls) {
		first = first_of(e, d, cls);
		if (!first || run_queued < e->pool[first].queued)
			return -1;
	}
	return cls;
}
