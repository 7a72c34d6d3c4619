// SPDX-License-Identifier: BSD-2-Clause
/*
 * due.c - when the agent must look again, by what it waits for
 *
 * Messages, ends of processes, links, addresses and changes of the pins wake the agent. Time alone
 * brings about the rest: the table below has it, and the role's pace() has what is the role's.
 */
#include "agent.h"
#include "due.h"
#include "peer.h"
#include "phase.h"
#include "role.h"
#include "store.h"

static bool any_peer(const struct agent *a, bool (*is)(const struct peer *p))
{
	for (unsigned int i = 0; i < a->npeers; i++) {
		if (a->peer[i].stage != PEER_NONE && is(&a->peer[i]))
			return true;
	}
	return false;
}

static bool any_domain(const struct agent *a, bool (*is)(const struct domain *d))
{
	for (int i = 0; a->maps.agent && i < SHUNT_DOMAINS; i++) {
		if (is(&a->domain[i]))
			return true;
	}
	return false;
}

/* The peer has spoken, and its messages are counted a tick; or it waits for its domain, has not
 * read all before its end, or lacks a message that does not get through. */
static bool peer_goes_on(const struct peer *p)
{
	return p->heard || p->stage == PEER_WAITING || p->stage == PEER_UNREAD ||
	       (p->stage == PEER_WORKER && p->behind);
}

static bool peer_has_limit(const struct peer *p)
{
	return p->stage == PEER_NEW || p->stage == PEER_REFUSED || p->stage == PEER_LEAVING;
}

/* Its worker's end is being seen to, or cores that stand still are about to go on. */
static bool domain_goes_on(const struct domain *d)
{
	return d->phase == DOMAIN_RECLAIM ||
	       (d->phase == DOMAIN_TAKEN && (d->worker.ended_ns || d->worker.hung));
}

/* A worker that lives without a connection, or after its goodbye. */
static bool domain_has_limit(const struct domain *d)
{
	return d->phase == DOMAIN_LEFT || (d->phase == DOMAIN_TAKEN && !d->worker.peer);
}

static bool connections(const struct agent *a)
{
	return a->turned_away || any_peer(a, peer_goes_on);
}

static bool limits_of_connections(const struct agent *a)
{
	return any_peer(a, peer_has_limit);
}

/* The keeper could not be told of all descriptors. */
static bool keeper(const struct agent *a)
{
	return store_is_behind(a->store);
}

static bool domains(const struct agent *a)
{
	return any_domain(a, domain_goes_on);
}

static bool limits_of_domains(const struct agent *a)
{
	return any_domain(a, domain_has_limit);
}

/* The first that holds says how soon. */
static const struct reason {
	bool (*holds)(const struct agent *a);
	__u64 ns;
} reasons[] = {
	{ connections, DUE_SOON_NS },
	{ keeper, DUE_SOON_NS },
	{ domains, DUE_SOON_NS },
	{ limits_of_connections, DUE_LIMIT_NS },
	{ limits_of_domains, DUE_LIMIT_NS },
};

__u64 due_pace(const struct agent *a)
{
	__u64 ns = a->maps.agent ? a->role->pace(a) : DUE_LEISURE_NS;

	for (unsigned int i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].ns < ns && reasons[i].holds(a))
			return reasons[i].ns;
	}
	return ns;
}

bool due_make(const struct agent *a)
{
	for (int i = 0; a->maps.agent && i < SHUNT_DOMAINS; i++) {
		if (a->maps.domains[i].on &&
		    (a->domain[i].phase == DOMAIN_OFF || a->domain[i].phase == DOMAIN_BUSY))
			return true;
	}
	return false;
}

__u64 due_next(const struct agent *a)
{
	__u64 next = a->ticked_ns + due_pace(a);

	if (a->check_ns < next)
		next = a->check_ns;
	if (a->now_ns < a->nudge.rest_ns && a->nudge.rest_ns < next)
		next = a->nudge.rest_ns;
	if (a->maps.agent && a->role->watches(a) && a->watch_ns < next)
		next = a->watch_ns;
	if (due_make(a) && a->make_ns < next)
		next = a->make_ns;
	return next;
}
