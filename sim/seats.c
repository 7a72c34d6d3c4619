// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - services that share cores: they take turns by seats, or spin in each other's way
 *
 * As in hostlib/seat_moves.c and bpf/seat.h, but for one thing: who wants a seat is not written
 * down here, it is asked of the domains when somebody may leave.
 */
#include <errno.h>
#include <stdlib.h>

#include "seats.h"
#include "services.h"

#define SEAT_US 200
#define HOLD_US 20000
#define SLICE_US 3000
#define SWITCHES 10 /* of which the time on a seat is at least */

static double or_else(double x, double if_0)
{
	return x > 0 ? x : if_0;
}

int seats_check(const struct engine *e, struct why *why)
{
	const struct costs *k = &e->c->costs;

	if (k->transport != TRANSPORT_SHARED || e->c->nfails || *k->stall || *k->nic_stall ||
	    k->far_ns > 0)
		return why_fail(why, -1,
				"services=seats and spin want transport=shared, and no --fail, "
				"stalls and far_ns");
	if (k->services == SERVICES_SEATS &&
	    or_else(k->seat_us, SEAT_US) * 1e3 < SWITCHES * k->change_ns)
		return why_fail(why, -1,
				"seat_us is at least %d times change_ns, or switches are all that "
				"cores do", SWITCHES);
	if (k->services == SERVICES_SPIN && or_else(k->slice_us, SLICE_US) < 1)
		return why_fail(why, -1, "slice_us is at least 1");
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static int line_make(struct line *l, int leaf)
{
	l->size = 64;
	l->leaf = leaf;
	l->item = malloc(l->size * sizeof(*l->item));
	return l->item ? 0 : -ENOMEM;
}

static struct item line_pop(struct engine *e, struct line *l)
{
	struct item i = l->item[l->head++ & (l->size - 1)];

	set_time(e, l->leaf, l->head == l->tail ? NEVER : l->item[l->head & (l->size - 1)].at);
	return i;
}

/* --- begin and end ---------------------------------------------------------------------------- */

/* Core i is there for its service from now on. */
static void sit_down(struct engine *e, int i)
{
	struct seats *s = e->seats;
	struct seat *seat = &s->seat[i];

	seat->moving = seat->over = false;
	seat->since = e->now;
	seat->thrown = NEVER;
	line_push(e, &s->ends, e->now + s->time, seat->turn, i, 0);
}

int seats_begin(struct engine *e)
{
	const struct costs *k = &e->c->costs;
	struct seats *s = e->seats = calloc(1, sizeof(*s));

	if (!s || line_make(&s->ends, LEAF_ELASTIC) || line_make(&s->moving, LEAF_MOVED))
		return -ENOMEM;
	e->elastic = true; /* cores leave when they have ended a request */
	e->now = SIM_START;
	s->n = e->services->n;
	s->cores = e->services->cores;
	s->change = ticks(k->change_ns);
	s->time = ticks(or_else(k->seat_us, SEAT_US) * 1e3);
	s->hold = ticks(or_else(k->seat_hold_us, HOLD_US) * 1e3);
	for (int i = 0; i < s->cores; i++) {
		s->seat[i].on = i % s->n;
		sit_down(e, i);
		for (int n = 0; n < s->n; n++)
			view_away(e->dom[n].v, i, n != s->seat[i].on);
	}
	for (int n = 0; n < s->n; n++)
		e->dom[n].v->idle = e->dom[n].free &= ~e->dom[n].v->away;
	return 0;
}

void seats_close(struct engine *e)
{
	if (!e->seats)
		return;
	free(e->seats->ends.item);
	free(e->seats->moving.item);
	free(e->seats);
}

void seats_result(struct engine *e)
{
	struct seats *s = e->seats;
	double all = (double)(e->now - SIM_START) * s->cores;

	for (int i = 0; i < s->cores; i++) {
		if (!s->seat[i].moving)
			s->there[s->seat[i].on] += e->now - s->seat[i].since;
		s->seat[i].since = e->now;
	}
	for (int n = 0; n < s->n; n++) {
		e->r->domain[n].there = all > 0 ? s->there[n] / all : 0;
		e->r->domain[n].let_on = s->let_on[n];
		e->r->domain[n].taken = s->taken[n];
	}
}

/* --- who wants a seat ------------------------------------------------------------------------- */

/* Has a service something for core i? */
static bool wants(const struct domain *d, int i)
{
	return d->waiting || d->core[i].ring.n;
}

/* The next in turn behind service "from" that wants core i; -1: none. */
static int next_of(const struct engine *e, int i, int from)
{
	for (int k = 1; k < e->seats->n; k++) {
		int n = (from + k) % e->seats->n;

		if (wants(&e->dom[n], i))
			return n;
	}
	return -1;
}

/* Core i of d, which runs nothing, goes to another service. */
static void leave(struct engine *e, struct domain *d, int i, int to)
{
	struct seats *s = e->seats;
	struct seat *seat = &s->seat[i];
	uint64_t bit = 1ULL << i;

	d->free &= ~bit;
	d->over &= ~bit;
	view_idle(d->v, i, false);
	view_away(d->v, i, true);
	view_away(e->dom[to].v, i, false);
	set_core(e, d, i, CORE_DONE, NEVER);
	s->there[d->index] += e->now - seat->since;
	s->let_on[to]++;
	seat->on = to;
	seat->moving = true;
	seat->turn++;
	line_push(e, &s->moving, e->now + s->change, 0, i, 0);
}

/* Nothing to do, nothing on its way to it, and another service wants it. */
static bool leave_if_idle(struct engine *e, struct domain *d, int i)
{
	int to = d->free >> i & 1 ? next_of(e, i, d->index) : -1;

	if (to >= 0)
		leave(e, d, i, to);
	return to >= 0;
}

void seats_idle(struct engine *e, struct domain *d, int i)
{
	leave_if_idle(e, d, i);
}

bool seats_leave(struct engine *e, struct domain *d, int i)
{
	int to = e->seats->seat[i].over ? next_of(e, i, d->index) : -1;

	if (to >= 0)
		leave(e, d, i, to);
	return to >= 0;
}

void seats_arrived(struct engine *e)
{
	int i = line_pop(e, &e->seats->moving).core;
	struct domain *d = &e->dom[e->seats->seat[i].on];

	sit_down(e, i);
	view_switch(d->v, in_ns(e->seats->change));
	if (next_one(e, d, i, 0))
		return;
	if (!d->core[i].coming) {
		d->free |= 1ULL << i;
		view_idle(d->v, i, true);
	}
	leave_if_idle(e, d, i);
}

/* --- the end of a time on a seat -------------------------------------------------------------- */

/* Core i, which runs a request of d, is told to leave: at its next safepoint, or it is taken off
 * when it comes to none. */
static void tell_to_leave(struct engine *e, struct domain *d, int i)
{
	struct seat *seat = &e->seats->seat[i];
	struct core *c = &d->core[i];
	tick at;

	if (c->next == CORE_YIELD)
		return;
	seat->thrown = e->now + e->seats->hold;
	mark(e, d, i);
	at = tournament_at(&e->times, d->leaf + i);
	if (at > seat->thrown && c->end > seat->thrown + e->end)
		set_core(e, d, i, CORE_YIELD, seat->thrown);
}

void seats_over(struct engine *e)
{
	struct item end = line_pop(e, &e->seats->ends);
	struct seat *seat = &e->seats->seat[end.core];
	struct domain *d = &e->dom[seat->on];

	if (seat->turn != end.req)
		return;
	seat->over = true;
	if (d->core[end.core].run && next_of(e, end.core, d->index) >= 0)
		tell_to_leave(e, d, end.core);
}

/* Of seats whose time is over, the one that was given first is left. */
static void end_one(struct engine *e, const struct domain *d)
{
	struct seats *s = e->seats;
	int first = -1;

	for (int k = 0; k < s->cores; k++) {
		if (!s->seat[k].moving && s->seat[k].over && s->seat[k].on != d->index &&
		    e->dom[s->seat[k].on].core[k].run &&
		    (first < 0 || s->seat[k].since < s->seat[first].since))
			first = k;
	}
	if (first >= 0)
		tell_to_leave(e, &e->dom[s->seat[first].on], first);
}

bool seats_there(const struct engine *e, const struct domain *d, int i)
{
	return e->seats->seat[i].on == d->index && !e->seats->seat[i].moving;
}

static void wanted_of_any(struct engine *e, struct domain *d)
{
	struct seats *s = e->seats;

	for (int k = 0; k < s->cores; k++) {
		if (s->seat[k].moving && s->seat[k].on == d->index)
			return; /* it takes what waits */
	}
	for (int k = 0; k < s->cores; k++) {
		if (!s->seat[k].moving && s->seat[k].on != d->index &&
		    leave_if_idle(e, &e->dom[s->seat[k].on], k))
			return;
	}
	end_one(e, d);
}

void seats_wanted(struct engine *e, struct domain *d, int i)
{
	struct seat *seat;
	struct domain *on;

	if (i < 0) {
		wanted_of_any(e, d);
		return;
	}
	seat = &e->seats->seat[i];
	on = &e->dom[seat->on];
	if (d->steals && d->free)
		next_one(e, d, __builtin_ctzll(d->free), 0);
	else if (!seat->moving && !leave_if_idle(e, on, i) && seat->over && on->core[i].run)
		tell_to_leave(e, on, i);
}

/* The request goes on: what waited has been served elsewhere. False: as it used up its quantum. */
static bool go_on(struct engine *e, struct domain *d, int i)
{
	struct core *c = &d->core[i];
	tick q = e->quantum[e->pool[c->run].cls];

	if (q < NEVER && c->begin + q <= e->now)
		return false;
	c->end += e->yield;
	if (q < NEVER && c->begin + q < c->end)
		set_core(e, d, i, CORE_QUANTUM, c->begin + q);
	else
		set_core(e, d, i, CORE_DONE, c->end);
	return true;
}

bool seats_yield(struct engine *e, struct domain *d, int i)
{
	struct seat *seat = &e->seats->seat[i];
	struct core *c = &d->core[i];
	struct req *q = &e->pool[c->run];
	int to = seat->over ? next_of(e, i, d->index) : -1;
	tick left = c->end - e->end - e->now;
	uint32_t r = c->run;

	if (to < 0)
		return go_on(e, d, i);
	e->seats->taken[d->index] += e->now >= seat->thrown;
	if (e->slowness)
		left /= e->slowness[i];
	q->left = left < q->left ? left : q->left;
	q->parked = 1;
	q->runs = 0;
	e->r->preempted++;
	c->busy += e->now;
	c->run = 0;
	view_runs(d->v, i, SHUNT_NONE);
	put_waiting(e, d, r, true);
	leave(e, d, i, to);
	return true;
}

/* --- spin ------------------------------------------------------------------------------------- */

/* The thread of core i of service n has no CPU for so many slices. */
static void wait_for_slices(struct engine *e, int n, int i, int slices)
{
	if (slices)
		stall_core(e, &e->dom[n], i, slices * e->services->every);
}

void slices_begin(struct engine *e)
{
	struct services *s = e->services;

	e->now = SIM_START;
	s->every = ticks(or_else(e->c->costs.slice_us, SLICE_US) * 1e3);
	for (int n = 0; n < s->n; n++) {
		for (int i = 0; i < s->cores; i++)
			wait_for_slices(e, n, i, (n + s->n - i % s->n) % s->n);
	}
	set_time(e, LEAF_ELASTIC, e->now + s->every);
}

void slices_over(struct engine *e)
{
	struct services *s = e->services;
	int was = s->slice++ % s->n;

	for (int i = 0; i < s->cores; i++)
		wait_for_slices(e, (was + i) % s->n, i, s->n - 1);
	set_time(e, LEAF_ELASTIC, e->now + s->every);
}
