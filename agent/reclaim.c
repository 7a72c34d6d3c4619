// SPDX-License-Identifier: BSD-2-Clause
/*
 * reclaim.c - the end of a domain's worker: one step after the other, for all roles
 */
#include "agent.h"
#include "domain.h"
#include "log.h"
#include "phase.h"
#include "reclaim.h"
#include "role.h"

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

/* The worker's requests and frames are counted and taken
 * back. If its process lives, nobody else may come. */
static void finish(struct domain *d, __u64 now_ns)
{
	struct domain_state *s = d->pool.state;

	d->worker.reclaimed = s->left;
	if (!s->left)
		s->worker_pid = 0;
	next(d, RECLAIM_NONE, now_ns);
	domain_move(d, s->left ? DOMAIN_MAY_RETURN : DOMAIN_RECLAIMED);
	log_say(LOG_DEBUG, "domain %u is %s", d->id, s->left ? "its former worker's" : "free");
}

static void make_anew(struct agent *a, struct domain *d, bool damaged)
{
	d->former.since_ns = a->now_ns;
	a->make_ns = a->now_ns;
	domain_empty_frames(d); /* the worker is gone: a process that has them open keeps none */
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
