// SPDX-License-Identifier: BSD-2-Clause
/*
 * damage.c - looks for frames that a worker has damaged, and gives the domain new ones
 */
#include "agent.h"
#include "damage.h"
#include "domain.h"
#include "due.h"
#include "holes.h"
#include "log.h"
#include "peers.h"
#include "phase.h"

#define HOLES_NS 500000000ULL   /* between two looks */
#define SELDOM_NS 5000000000ULL /* a worker's word alone is not taken more often */

/* New memory and sockets: a worker that lives is asked to
 * leave the old ones, and comes again for the new. */
static void make_anew(struct agent *a, struct domain *d, const char *why)
{
	log_say(LOG_ERR,
		"%s of domain %u (worker %u, or a process that was given its descriptors): making "
		"new ones, what waited in them is lost", why, d->id, d->pool.state->worker_pid);
	d->former.since_ns = a->now_ns;
	peers_tell_leave(a, d);
	domain_discard(d);
}

static bool any_full(const struct rings *r)
{
	for (__u32 k = 0; k < sockets_of(&r->geo); k++) {
		const struct shunt_ring *rx = &r->rx[slot_of(&r->geo, k)];

		if (ring_count(rx) == rx->mask + 1)
			return true;
	}
	return false;
}

/* Beside a full ring some drivers without copying receive nothing more, of the whole queue, until
 * there is room. XDP leaves some in each ring (SHUNT_RING_MARGIN): only counts that a worker wrote
 * wrong can fill one. */
static bool stands_still(struct domain *d)
{
	bool was = d->pool.full;

	d->pool.full = agent_of(d)->zero_copy && any_full(&d->pool.r);
	return was && d->pool.full;
}

static void check(struct agent *a, struct domain *d)
{
	if (holes_found(d))
		make_anew(a, d, "holes were punched into the frames");
	else if (stands_still(d))
		make_anew(a, d, "wrong counts kept a driver from receiving into the frames");
	else if (holes_bad_frames(d) != d->pool.bad_frames &&
		 a->now_ns - d->pool.made_ns > SELDOM_NS)
		make_anew(a, d, "requests without metadata were found in the frames");
}

void damage_check(struct agent *a)
{
	if (a->now_ns < a->holes_ns)
		return;
	a->holes_ns = a->now_ns + (due_pace(a) < DUE_LEISURE_NS ? HOLES_NS : DUE_SELDOM_NS);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase >= DOMAIN_FREE)
			check(a, &a->domain[i]);
	}
}
