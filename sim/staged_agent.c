// SPDX-License-Identifier: BSD-2-Clause
/*
 * staged_agent.c - the agent of transport "prestaged": a view that is as old as its events, and one
 * decision at a time
 *
 * Cores that it believes to have nothing to run come first, then those whose thread has used up its
 * quantum, then it stages: for the core with the fewest decisions that runs its thread the longest.
 * A thread that is staged for a busy core may be named again for an idle one: whoever is first has
 * it, and the other decision is stale.
 */
#include <errno.h>
#include <stdlib.h>

#include "staged.h"

enum belief_state { IS_GONE, IS_WAITING, IS_STAGED, IS_RUNNING };

static struct agent *agent_of(struct engine *e, struct domain *d)
{
	return &e->staged->dom[d->index].agent;
}

int agent_open(struct engine *e, struct domain *d)
{
	struct agent *a = agent_of(e, d);
	double quantum_us = e->c->quantum_us < 0 ? e->c->costs.quantum_us : e->c->quantum_us;

	a->v = view_make();
	if (!a->v)
		return -ENOMEM;
	view_setup(a->v, e->c->w, e->c->knob, quantum_us, e->preempt);
	view_up(a->v, d->v->up);
	a->idle = a->v->idle = d->v->up;
	return 0;
}

/* --- lists of beliefs ------------------------------------------------------------------------- */

static void list_remove(struct belief *b, struct fifo *q, uint32_t r)
{
	if (b[r].prev)
		b[b[r].prev].next = b[r].next;
	else
		q->head = b[r].next;
	if (b[r].next)
		b[b[r].next].prev = b[r].prev;
	else
		q->tail = b[r].prev;
	q->n--;
}

static void list_insert_behind(struct belief *b, struct fifo *q, uint32_t before, uint32_t r)
{
	b[r].prev = before;
	b[r].next = before ? b[before].next : q->head;
	if (b[r].next)
		b[b[r].next].prev = r;
	else
		q->tail = r;
	if (before)
		b[before].next = r;
	else
		q->head = r;
	q->n++;
}

/* By when it was queued; most come last. */
static void wait_in_class(struct engine *e, struct agent *a, uint32_t r)
{
	struct belief *b = e->staged->belief;
	struct fifo *q = &a->waiting[b[r].cls];
	uint32_t before = q->tail;

	while (before && b[before].queued > b[r].queued)
		before = b[before].prev;
	list_insert_behind(b, q, before, r);
	b[r].state = IS_WAITING;
	a->classes |= 1U << b[r].cls;
}

static void leave_class(struct engine *e, struct agent *a, uint32_t r)
{
	struct belief *b = e->staged->belief;
	struct fifo *q = &a->waiting[b[r].cls];

	list_remove(b, q, r);
	if (!q->n)
		a->classes &= ~(1U << b[r].cls);
}

static void unstage(struct engine *e, struct agent *a, uint32_t r)
{
	struct belief *b = e->staged->belief;

	list_remove(b, &a->staged, r);
	a->out[b[r].core]--;
}

static void stage(struct engine *e, struct agent *a, uint32_t r, int core)
{
	struct belief *b = e->staged->belief;

	list_insert_behind(b, &a->staged, a->staged.tail, r);
	b[r].state = IS_STAGED;
	b[r].core = core;
	a->out[core]++;
}

/* --- what events tell ------------------------------------------------------------------------- */

static void hears_ready(struct engine *e, struct agent *a, const struct event *v)
{
	struct belief *b = &e->staged->belief[v->req];

	if (b->state == IS_RUNNING && a->runs[b->core] == v->req)
		a->runs[b->core] = 0; /* it was preempted */
	*b = (struct belief){ .ver = v->ver, .arrival = v->arrival, .queued = v->queued,
			      .cls = v->cls, .parked = v->parked };
	wait_in_class(e, a, v->req);
	if (v->parked)
		view_parked(a->v, v->cls, 1);
	else
		view_held(a->v, v->cls);
}

static void hears_runs(struct engine *e, struct agent *a, const struct event *v)
{
	struct belief *b = &e->staged->belief[v->req];
	uint64_t bit = 1ULL << v->core;

	if (b->state == IS_STAGED)
		unstage(e, a, v->req);
	else
		leave_class(e, a, v->req);
	if (b->parked)
		view_parked(a->v, b->cls, -1);
	else
		view_taken(a->v, b->cls);
	b->state = IS_RUNNING;
	b->core = v->core;
	a->runs[v->core] = v->req;
	a->since[v->core] = e->now;
	a->idle &= ~bit;
	a->due &= ~bit;
	view_idle(a->v, v->core, false);
	view_runs(a->v, v->core, b->cls);
}

static void hears_ended(struct engine *e, struct agent *a, const struct event *v)
{
	const struct policy *p = e->staged->policy;
	uint64_t now_ns = e->now / TICKS_NS, service_ns = v->service / TICKS_NS;

	if (a->runs[v->core])
		e->staged->belief[a->runs[v->core]].state = IS_GONE;
	a->runs[v->core] = 0;
	a->due &= ~(1ULL << v->core);
	view_runs(a->v, v->core, SHUNT_NONE);
	if (view_service(a->v, &a->times, v->cls, service_ns, now_ns))
		view_plan(a->v, p, now_ns);
	if (p->done) {
		struct shunt_event ev = {
			.now_ns = now_ns, .run_ns = v->arrival / TICKS_NS, .cls = v->cls,
			.core = v->core, .run_cls = SHUNT_NONE, .steered = SHUNT_NONE,
			.service_ns = service_ns,
		};

		p->done(a->v, &ev);
	}
}

/* --- decisions -------------------------------------------------------------------------------- */

static bool head_of_queue(const struct engine *e, struct agent *a, uint32_t r, int core)
{
	const struct policy *p = e->staged->policy;
	const struct belief *b = &e->staged->belief[r];
	struct shunt_event ev = { .now_ns = e->now / TICKS_NS, .cls = b->cls, .core = core,
				  .run_cls = SHUNT_NONE };

	return p->requeue ? p->requeue(a->v, &ev) == SHUNT_HEAD : !e->c->w->cls[b->cls].tail;
}

/* Asks select() for a core, with what it runs as a candidate (0: without). The request that it
 * names; 0: none, or the candidate. */
static uint32_t ask(struct engine *e, struct agent *a, int core, uint32_t candidate)
{
	const struct belief *b = e->staged->belief;
	struct shunt_event ev = { .now_ns = e->now / TICKS_NS, .waiting = a->classes,
				  .cls = SHUNT_NONE, .core = core, .run_cls = SHUNT_NONE };
	tick queued = 0;
	uint32_t first;
	int cls;

	if (candidate) {
		ev.run_cls = b[candidate].cls;
		ev.run_ns = b[candidate].arrival / TICKS_NS;
		ev.waiting |= 1U << ev.run_cls;
		queued = head_of_queue(e, a, candidate, core) ? b[candidate].queued : e->now;
	}
	for (uint32_t bits = ev.waiting; bits; bits &= bits - 1) {
		int c = __builtin_ctz(bits);

		first = a->waiting[c].head;
		if (candidate && c == ev.run_cls && (!first || queued < b[first].queued))
			view_head(a->v, core, c, b[candidate].arrival, queued);
		else
			view_head(a->v, core, c, b[first].arrival, b[first].queued);
	}
	cls = e->staged->policy->select(a->v, &ev);
	if (cls < 0 || cls >= SHUNT_CLASSES || !(ev.waiting >> cls & 1)) {
		e->r->bad_answers += cls != SHUNT_GO_ON;
		return 0;
	}
	first = a->waiting[cls].head;
	if (candidate && cls == ev.run_cls && (!first || queued < b[first].queued))
		return 0;
	return first;
}

static bool decides(struct engine *e, struct agent *a, int core, uint32_t r, bool at_slice)
{
	a->next = (struct decision){ .req = r, .ver = e->staged->belief[r].ver, .core = core,
				     .at_slice = at_slice };
	if (e->staged->belief[r].state == IS_STAGED)
		unstage(e, a, r);
	else
		leave_class(e, a, r);
	stage(e, a, r, core);
	return true;
}

/* The thread that has been staged the longest, for a core that runs another one. */
static uint32_t staged_elsewhere(const struct engine *e, const struct agent *a)
{
	const struct belief *b = e->staged->belief;

	for (uint32_t r = a->staged.head; r; r = b[r].next) {
		if (!(a->idle >> b[r].core & 1))
			return r;
	}
	return 0;
}

static bool for_idle(struct engine *e, struct agent *a)
{
	uint32_t r;

	for (uint64_t bits = a->idle; bits; bits &= bits - 1) {
		int core = __builtin_ctzll(bits);

		if (a->out[core])
			continue;
		r = a->classes ? ask(e, a, core, 0) : staged_elsewhere(e, a);
		if (r)
			return decides(e, a, core, r, true);
	}
	return false;
}

static bool for_due(struct engine *e, struct agent *a)
{
	uint32_t r;

	for (uint64_t bits = a->classes ? a->due : 0; bits; bits &= bits - 1) {
		int core = __builtin_ctzll(bits);

		if (a->out[core] || !a->runs[core])
			continue;
		r = ask(e, a, core, a->runs[core]);
		if (r) {
			a->due &= ~(1ULL << core);
			return decides(e, a, core, r, true);
		}
	}
	return false;
}

/* Of the cores with room in their slots, the one that is likely to be free first. */
static int core_to_stage(const struct engine *e, const struct agent *a, uint64_t but)
{
	uint64_t bits = a->v->up & ~a->idle & ~but;
	int best = -1;

	for (; bits; bits &= bits - 1) {
		int i = __builtin_ctzll(bits);

		if (a->out[i] >= e->staged->depth)
			continue;
		if (best < 0 || a->out[i] < a->out[best] ||
		    (a->out[i] == a->out[best] && a->since[i] < a->since[best]))
			best = i;
	}
	return best;
}

/* Where select() would go on with what the core runs, the decision is for that thread's end. */
static bool for_busy(struct engine *e, struct agent *a)
{
	uint64_t asked = 0;
	int core;

	while (a->classes && (core = core_to_stage(e, a, asked)) >= 0) {
		bool first = !a->out[core];
		uint32_t r = e->preempt && first && a->runs[core] ?
				     ask(e, a, core, a->runs[core]) : 0;
		bool at_slice = r;

		if (!r)
			r = ask(e, a, core, 0);
		if (r)
			return decides(e, a, core, r, at_slice);
		asked |= 1ULL << core;
	}
	return false;
}

void agent_go(struct engine *e, struct domain *d)
{
	struct agent *a = agent_of(e, d);

	if (a->busy || (!a->classes && !a->staged.n))
		return;
	if (!for_idle(e, a) && !for_due(e, a) && (!e->staged->depth || !for_busy(e, a)))
		return;
	a->busy = true;
	a->spent += e->staged->decide;
	line_push(e, &d->line[LINE_AGENT], e->now + e->staged->decide, 0, 0, 0);
}

void agent_hears(struct engine *e, struct domain *d, const struct event *v)
{
	struct agent *a = agent_of(e, d);

	switch (v->kind) {
	case EVENT_READY:
		hears_ready(e, a, v);
		break;
	case EVENT_RUNS:
		hears_runs(e, a, v);
		break;
	case EVENT_ENDED:
		hears_ended(e, a, v);
		break;
	case EVENT_IDLE:
		a->idle |= 1ULL << v->core;
		view_idle(a->v, v->core, true);
		break;
	case EVENT_SLICE:
		a->due |= 1ULL << v->core;
		break;
	}
	agent_go(e, d);
}

struct decision agent_decided(struct engine *e, struct domain *d)
{
	struct agent *a = agent_of(e, d);

	a->busy = false;
	return a->next;
}
