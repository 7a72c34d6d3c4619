// SPDX-License-Identifier: BSD-2-Clause
/*
 * staged.c - the mechanism of transport "prestaged": slots, versions, and what a core does without
 * a decision
 *
 * The lines of a domain carry here: LINE_FEEDBACK events, LINE_AGENT the decision that the agent is
 * making, LINE_DELIVER decisions, LINE_CREDIT the ends of grace times.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "staged.h"

static struct staged_domain *part(struct engine *e, struct domain *d)
{
	return &e->staged->dom[d->index];
}

static void no_memory(void)
{
	fprintf(stderr, "shunt-sim: no memory\n");
	exit(1);
}

static void emit(struct engine *e, struct domain *d, struct event v)
{
	struct events *q = &part(e, d)->events;

	if (q->tail - q->head == q->size) {
		struct event *more = malloc(2 * q->size * sizeof(*more));

		if (!more)
			no_memory();
		for (uint32_t k = 0; k < q->size; k++)
			more[k] = q->e[(q->head + k) & (q->size - 1)];
		free(q->e);
		*q = (struct events){ more, 0, q->size, 2 * q->size };
	}
	q->e[q->tail++ & (q->size - 1)] = v;
	line_push(e, &d->line[LINE_FEEDBACK], e->now + e->feedback, 0, 0, 0);
}

/* --- what waits ------------------------------------------------------------------------------- */

/* The request is in its queue, in a new version. */
static void tell_ready(struct engine *e, struct domain *d, uint32_t r)
{
	const struct req *q = &e->pool[r];

	e->staged->r->inserted++;
	e->staged->ver[r]++;
	emit(e, d, (struct event){ .kind = EVENT_READY, .cls = q->cls, .parked = q->parked,
				   .req = r, .ver = e->staged->ver[r], .arrival = q->arrival,
				   .queued = q->queued });
}

void staged_arrive(struct engine *e, struct domain *d, uint32_t r)
{
	struct req *q = &e->pool[r];

	if (d->held[q->cls].n >= e->hold_max) {
		e->staged->r->inserted++;
		e->staged->r->refused++;
		req_refuse(e, r, REFUSED_DROP);
		return;
	}
	q->steered = 0;
	e->r->held++;
	tell_ready(e, d, r);
	core_held(e, d, r);
}

static void unlink_req(struct engine *e, struct fifo *q, uint32_t r)
{
	uint32_t next = e->pool[r].next, prev = e->pool[r].prev;

	if (prev)
		e->pool[prev].next = next;
	else
		q->head = next;
	if (next)
		e->pool[next].prev = prev;
	else
		q->tail = prev;
	q->n--;
}

/* Takes a request out of the midst of its queue. */
static void take_named(struct engine *e, struct domain *d, uint32_t r)
{
	struct req *q = &e->pool[r];
	int cls = q->cls;

	unlink_req(e, q->at_head ? &d->parked[cls] : &d->held[cls], r);
	if (!d->held[cls].n && !d->parked[cls].n)
		d->waiting &= ~(1U << cls);
	if (q->parked)
		view_parked(d->v, cls, -1);
	else
		view_taken(d->v, cls);
	q->parked = 0;
	e->backlog--;
}

/* --- slots ------------------------------------------------------------------------------------ */

static bool is_stale(const struct engine *e, const struct decision *k)
{
	return e->staged->ver[k->req] != k->ver;
}

/* Stale decisions leave the slot. */
static void drop_stale(struct engine *e, struct slot *s)
{
	uint32_t left = 0;

	for (uint32_t k = 0; k < s->n; k++) {
		if (is_stale(e, &s->d[k]))
			e->staged->r->stale++;
		else
			s->d[left++] = s->d[k];
	}
	s->n = left;
}

static struct decision slot_pop(struct slot *s)
{
	struct decision k = s->d[0];

	s->n--;
	memmove(s->d, s->d + 1, s->n * sizeof(s->d[0]));
	return k;
}

/* Core i begins request r, which is in no queue any more. */
static void run(struct engine *e, struct domain *d, int i, uint32_t r, tick extra)
{
	struct staged_domain *s = part(e, d);
	uint64_t bit = 1ULL << i;

	s->told_idle &= ~bit;
	s->due &= ~bit;
	s->slot[i].waits = false;
	view_idle(d->v, i, false);
	view_runs(d->v, i, e->pool[r].cls);
	emit(e, d, (struct event){ .kind = EVENT_RUNS, .core = i, .req = r,
				   .ver = e->staged->ver[r]++, .cls = e->pool[r].cls });
	begin(e, d, i, r, extra + e->pop);
}

static uint32_t take_staged(struct engine *e, struct domain *d, int i)
{
	struct decision k = slot_pop(&part(e, d)->slot[i]);

	e->staged->r->taken++;
	take_named(e, d, k.req);
	return k.req;
}

/* --- a core that has nothing to run ----------------------------------------------------------- */

static void rests(struct engine *e, struct domain *d, int i)
{
	struct staged_domain *s = part(e, d);

	if (s->told_idle >> i & 1)
		return;
	s->told_idle |= 1ULL << i;
	view_idle(d->v, i, true);
	emit(e, d, (struct event){ .kind = EVENT_IDLE, .core = i });
}

/* By the fallback policy, if it names anything for this core. */
static bool decide_here(struct engine *e, struct domain *d, int i, tick extra)
{
	int cls = ask_select(e, d, i, 0);

	if (cls < 0)
		return false;
	e->staged->r->fallback++;
	run(e, d, i, take_held(e, d, cls), extra + e->staged->local);
	return true;
}

bool staged_next(struct engine *e, struct domain *d, int i, tick extra)
{
	struct staged *t = e->staged;
	struct slot *s = &part(e, d)->slot[i];

	drop_stale(e, s);
	if (s->n) {
		run(e, d, i, take_staged(e, d, i), extra);
		return true;
	}
	if (d->waiting && !t->waits && !t->grace && decide_here(e, d, i, extra))
		return true;
	if (d->waiting && !t->waits && t->grace && !s->waits) {
		s->waits = true;
		line_push(e, &d->line[LINE_CREDIT], e->now + t->grace, ++s->turn, i, 0);
	}
	rests(e, d, i);
	return false;
}

static void grace_over(struct engine *e, struct domain *d, const struct item *what)
{
	int i = what->core;
	struct slot *s = &part(e, d)->slot[i];

	if (!s->waits || s->turn != what->req)
		return;
	s->waits = false;
	if (!d->core[i].run && d->waiting)
		decide_here(e, d, i, 0);
}

/* --- the ends of threads and quanta ----------------------------------------------------------- */

void staged_ended(struct engine *e, struct domain *d, int i, const struct req *q)
{
	part(e, d)->due &= ~(1ULL << i);
	view_runs(d->v, i, SHUNT_NONE);
	emit(e, d, (struct event){ .kind = EVENT_ENDED, .core = i, .cls = q->cls,
				   .arrival = q->arrival, .service = q->service });
}

/* Core i puts its thread back, and has none. */
static void put_back(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	uint32_t r = c->run;
	tick left = c->end - e->end - e->now;

	e->r->preempted++;
	e->pool[r].left = e->slowness ? left / e->slowness[i] : left;
	e->pool[r].parked = 1;
	c->busy += e->now;
	c->run = 0;
	d->over &= ~(1ULL << i);
	view_runs(d->v, i, SHUNT_NONE);
	e->pool[r].at_head = to_head(e, d, i, r);
	put_waiting(e, d, r, e->pool[r].at_head);
	tell_ready(e, d, r);
}

/* A decision that may take core i from what it runs, if there is one. */
static bool take_at_slice(struct engine *e, struct domain *d, int i)
{
	struct slot *s = &part(e, d)->slot[i];
	uint32_t r;

	drop_stale(e, s);
	if (!s->n || !s->d[0].at_slice || e->now + e->end >= d->core[i].end)
		return false;
	r = take_staged(e, d, i);
	put_back(e, d, i);
	run(e, d, i, r, e->yield + e->swap);
	return true;
}

static void go_on(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	tick quantum = e->quantum[e->pool[c->run].cls], left = c->end - e->end - e->now;

	c->end += e->yield;
	if (quantum < left)
		set_core(e, d, i, CORE_QUANTUM, e->now + e->yield + quantum);
	else
		set_core(e, d, i, CORE_DONE, c->end);
}

void staged_yield(struct engine *e, struct domain *d, int i)
{
	struct staged_domain *s = part(e, d);
	int cls = -1;

	if (take_at_slice(e, d, i))
		return;
	if (!e->staged->waits && d->waiting)
		cls = ask_select(e, d, i, d->core[i].run);
	if (cls < 0) {
		if (e->staged->waits && !(s->due >> i & 1)) {
			s->due |= 1ULL << i;
			emit(e, d, (struct event){ .kind = EVENT_SLICE, .core = i });
		}
		go_on(e, d, i);
		return;
	}
	put_back(e, d, i);
	e->staged->r->fallback++;
	run(e, d, i, take_held(e, d, cls), e->yield + e->swap + e->staged->local);
}

/* --- what comes along the lines --------------------------------------------------------------- */

static void send(struct engine *e, struct domain *d, struct decision k)
{
	struct decisions *q = &part(e, d)->sent;

	if (q->tail - q->head == q->size) {
		struct decision *more = malloc(2 * q->size * sizeof(*more));

		if (!more)
			no_memory();
		for (uint32_t i = 0; i < q->size; i++)
			more[i] = q->d[(q->head + i) & (q->size - 1)];
		free(q->d);
		*q = (struct decisions){ more, 0, q->size, 2 * q->size };
	}
	q->d[q->tail++ & (q->size - 1)] = k;
	e->staged->r->made++;
	line_push(e, &d->line[LINE_DELIVER], e->now + e->deliver, 0, 0, 0);
}

static void decision_arrives(struct engine *e, struct domain *d)
{
	struct staged_domain *s = part(e, d);
	struct decision k = s->sent.d[s->sent.head++ & (s->sent.size - 1)];
	struct slot *slot = &s->slot[k.core];

	drop_stale(e, slot);
	if (is_stale(e, &k) || slot->n == STAGE_MOST) {
		e->staged->r->stale++;
		return;
	}
	slot->d[slot->n++] = k;
	if (!d->core[k.core].run)
		staged_next(e, d, k.core, 0);
	else if (s->due >> k.core & 1 && k.at_slice)
		take_at_slice(e, d, k.core);
}

void staged_line(struct engine *e, struct domain *d, int which, const struct item *what)
{
	struct events *q = &part(e, d)->events;
	struct event v;

	switch (which) {
	case LINE_FEEDBACK:
		v = q->e[q->head++ & (q->size - 1)];
		agent_hears(e, d, &v);
		break;
	case LINE_AGENT:
		send(e, d, agent_decided(e, d));
		agent_go(e, d);
		break;
	case LINE_DELIVER:
		decision_arrives(e, d);
		break;
	case LINE_CREDIT:
		grace_over(e, d, what);
		break;
	}
}

/* --- a run's begin and end -------------------------------------------------------------------- */

/* Policies that choose a core when a thread arrives, or by what no thread has, would be asked for
 * something else than they are made for. */
static int check_policy(const struct policy *p, struct why *why)
{
	static const uint32_t none_has = SHUNT_NEEDS_KEY | SHUNT_NEEDS_FLOW | SHUNT_NEEDS_HINT |
					 SHUNT_STEALS;

	if (p->ideal)
		return why_fail(why, -EINVAL, "'%s' is an ideal and knows no agent", p->name);
	if (p->flags & none_has || !(p->flags & SHUNT_IDLE_ONLY))
		return why_fail(why, -EINVAL,
				"policy '%s' binds at arrival, or by flows or keys: "
				"transport=prestaged schedules what waits, as by fcfs, prio, mq, "
				"sq or darc",
				p->name);
	return 0;
}

static int check_run(const struct engine *e, struct why *why)
{
	if (e->c->nfails || e->services || e->far || e->calls)
		return why_fail(why, -EINVAL,
				"transport=prestaged knows no --fail, no services, no far_ns and "
				"no clients that wait: leave them out");
	return 0;
}

/* The policy that cores ask where there is no decision. */
static int open_fallback(struct engine *e, struct why *why)
{
	struct staged *t = e->staged;
	const char *name = e->c->costs.fallback;

	t->policy = e->c->policy;
	t->waits = !strcmp(name, "none");
	if (check_policy(t->policy, why))
		return -EINVAL;
	if (!*name || t->waits || !strcmp(name, "same") || !strcmp(name, t->policy->name))
		return 0;
	if (policy_open(&t->fallback, name, why)) {
		why_context(why, "fallback");
		return -EINVAL;
	}
	t->opened = true;
	for (int i = 0; i < e->ndomains; i++)
		e->dom[i].p = &t->fallback;
	return check_policy(&t->fallback, why);
}

static int open_domain(struct engine *e, struct domain *d)
{
	struct staged_domain *s = part(e, d);

	s->events.size = s->sent.size = 1024;
	s->events.e = malloc(s->events.size * sizeof(*s->events.e));
	s->sent.d = malloc(s->sent.size * sizeof(*s->sent.d));
	s->told_idle = d->free;
	return s->events.e && s->sent.d ? agent_open(e, d) : -ENOMEM;
}

int staged_open(struct engine *e, struct why *why)
{
	const struct costs *k = &e->c->costs;
	struct staged *t;
	int err;

	if (e->transport != TRANSPORT_PRESTAGED)
		return 0;
	t = e->staged = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	err = check_run(e, why) || open_fallback(e, why) ? -EINVAL : 0;
	if (err)
		return err;
	t->depth = k->stage;
	t->decide = ticks(k->decide_ns);
	t->grace = ticks(k->grace_ns);
	t->local = ticks(k->local_ns);
	t->ver = calloc(e->pool_max, sizeof(*t->ver));
	t->belief = calloc(e->pool_max, sizeof(*t->belief));
	t->dom = calloc(e->ndomains, sizeof(*t->dom));
	t->r = e->r->staged = calloc(1, sizeof(*t->r));
	if (!t->ver || !t->belief || !t->dom || !t->r)
		return -ENOMEM;
	for (int i = 0; i < e->ndomains && !err; i++)
		err = open_domain(e, &e->dom[i]);
	return err;
}

void staged_finish(struct engine *e)
{
	struct staged *t = e->staged;
	double spent = 0;

	if (!t)
		return;
	for (int i = 0; i < e->ndomains; i++) {
		struct staged_domain *s = &t->dom[i];

		for (int k = 0; k < SHUNT_CORES; k++)
			t->r->left += s->slot[k].n;
		t->r->left += s->sent.tail - s->sent.head;
		spent += in_ns(s->agent.spent);
	}
	t->r->agent_busy = e->r->sim_s > 0 ? spent / 1e9 / e->r->sim_s / e->ndomains : 0;
}

void staged_close(struct engine *e)
{
	struct staged *t = e->staged;

	if (!t)
		return;
	for (int i = 0; t->dom && i < e->ndomains; i++) {
		free(t->dom[i].events.e);
		free(t->dom[i].sent.d);
		free(t->dom[i].agent.v);
	}
	if (t->opened)
		policy_close(&t->fallback);
	free(t->dom);
	free(t->belief);
	free(t->ver);
	free(t);
}
