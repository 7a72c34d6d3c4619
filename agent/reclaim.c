// SPDX-License-Identifier: BSD-2-Clause
/*
 * reclaim.c - a domain's phases as a table, and the end of its worker: one step after the other, for all roles
 */
#include <stdlib.h>

#include "agent.h"
#include "log.h"

static const struct transition {
	enum domain_phase from;
	enum domain_event event;
	enum domain_phase to;
} transitions[] = {
	{ DOMAIN_OFF, DOMAIN_MADE, DOMAIN_FREE },
	{ DOMAIN_OFF, DOMAIN_HELD, DOMAIN_BUSY },
	{ DOMAIN_BUSY, DOMAIN_HELD, DOMAIN_BUSY },
	{ DOMAIN_BUSY, DOMAIN_MADE, DOMAIN_FREE },
	{ DOMAIN_FREE, DOMAIN_ATTACHED, DOMAIN_TAKEN },
	{ DOMAIN_TAKEN, DOMAIN_GOODBYE, DOMAIN_LEFT },
	{ DOMAIN_TAKEN, DOMAIN_ENDED, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_ENDED, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_RETURNS, DOMAIN_RECLAIM },
	{ DOMAIN_LEFT, DOMAIN_ATTACHED, DOMAIN_TAKEN },
	{ DOMAIN_RECLAIM, DOMAIN_RECLAIMED, DOMAIN_FREE },
	{ DOMAIN_RECLAIM, DOMAIN_MAY_RETURN, DOMAIN_LEFT },
};

bool domain_may(enum domain_phase from, enum domain_event event, enum domain_phase *to)
{
	*to = DOMAIN_OFF;
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
		if (transitions[i].from != from || transitions[i].event != event)
			continue;
		*to = transitions[i].to;
		return true;
	}
	return event == DOMAIN_GIVEN_UP;
}

void domain_move(struct domain *d, enum domain_event event)
{
	enum domain_phase from = d->phase;

	if (domain_may(from, event, &d->phase))
		return;
	say(LOG_ERR, "domain %u cannot go on from phase %d by event %d: a defect in shuntd", d->id, from, event);
	abort();
}

static void next(struct domain *d, enum reclaim_step step, __u64 now_ns)
{
	__atomic_store_n(&d->pool.state->step, step, __ATOMIC_RELEASE);
	d->step_ns = now_ns;
}

void reclaim_begin(struct domain *d, enum domain_event event, bool died, __u64 now_ns)
{
	d->worker.up = d->worker.hung = 0;
	domain_set_up(d, 0);
	d->pool.state->died = died;
	next(d, RECLAIM_DECIDE, now_ns);
	d->worker.peer = NULL;
	domain_move(d, event);
}

/* The worker's requests and frames are counted and taken back. If its process lives, nobody else may come. */
static void finish(struct domain *d, __u64 now_ns)
{
	struct domain_state *s = d->pool.state;

	d->worker.reclaimed = s->left;
	if (!s->left)
		s->worker_pid = 0;
	next(d, RECLAIM_NONE, now_ns);
	domain_move(d, s->left ? DOMAIN_MAY_RETURN : DOMAIN_RECLAIMED);
	say(LOG_DEBUG, "domain %u is %s", d->id, s->left ? "its former worker's" : "free");
}

static void make_anew(struct agent *a, struct domain *d, bool damaged)
{
	d->former.since_ns = a->now_ns;
	a->make_ns = a->now_ns;
	if (damaged)
		domain_discard(d);
	else
		domain_give_up(d);
}

bool reclaim_turn(struct agent *a, struct domain *d)
{
	enum reclaim_step step = d->pool.state->step;
	enum reclaim_outcome outcome = a->role->reclaim(a, d, step);

	switch (outcome) {
	case RECLAIM_LATER:
		return false;
	case RECLAIM_ANEW:
	case RECLAIM_DAMAGED:
		make_anew(a, d, outcome == RECLAIM_DAMAGED);
		return false;
	case RECLAIM_DONE:
		break;
	}
	if (step == RECLAIM_FRAMES)
		finish(d, a->now_ns);
	else
		next(d, step + 1, a->now_ns);
	return step != RECLAIM_FRAMES;
}
