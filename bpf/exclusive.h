/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * exclusive.h - an exclusive actor is with one core: its requests go there as long as one of them
 * has not ended, and the policy chooses again when all have
 *
 * XDP cannot keep a packet, so the actor's queue is its part of that core's ring: a request of it
 * is never held for all cores. By the view's done[] it is seen which have ended. The worker writes
 * that, and may have written anything: what follows from it is bounded, and concerns its own
 * actors alone.
 */
#pragma once

#include "actor.h"

/* Of an exclusive actor; NULL: the request's is none. */
static __always_inline struct shunt_actor_at *exclusive_at(const struct front *f)
{
	__u32 nr = f->actor - 1;

	return SHUNT_ROW_EXCLUSIVE(f->row) ? bpf_map_lookup_elem(&actor_at, &nr) : NULL;
}

/* The actor's request "back" before the next one. */
static __always_inline __u16 *exclusive_seq(struct shunt_actor_at *at, __u32 back)
{
	return &at->seq[shunt_index(at->sent - back, SHUNT_EXCLUSIVE)];
}

/* Has the actor's request "back" before the next one not ended? ring: so many fit into the core's.
 * Requests of a ring are counted as they end. That is their order, unless other cores take some or
 * one is preempted; then it is the wrong one that is missed, for a moment. */
static __always_inline int exclusive_open(struct shunt_actor_at *at, const struct shunt_ingress *in,
					  const struct shunt_view *v, __u32 core, __u32 ring,
					  __u32 back)
{
	__u32 sent, open;
	__u16 ago;

	core = shunt_index(core, SHUNT_CORES);
	sent = in->sent[core];
	open = sent - v->done[core];
	ago = sent - *exclusive_seq(at, back);
	return open <= ring && ago < open;
}

/* The core that has the actor; -1: none has, as it has no open request or that core is not up. */
static __always_inline int exclusive_core(struct shunt_actor_at *at, const struct shunt_ingress *in,
					  const struct shunt_view *v, __u64 up, __u32 ring)
{
	__u32 core = shunt_index(at->core - 1, SHUNT_CORES);

	if (!at->core || !(up >> core & 1))
		return -1;
	return exclusive_open(at, in, v, core, ring, 1) ? (int)core : -1;
}

/* May one more go to the core that has it? most: of its requests there, as the row says. */
static __always_inline int exclusive_may(struct shunt_actor_at *at, const struct shunt_ingress *in,
					 const struct shunt_view *v, __u32 core, __u32 ring,
					 __u32 most)
{
	most = shunt_min(most, SHUNT_EXCLUSIVE);
	if (at->sent - at->since < most || !exclusive_open(at, in, v, core, ring, most))
		return 1;
	at->full++;
	return 0;
}

#define SPREAD 2654435761u /* 2^32 by the golden ratio: numbers in a row come apart */

/* The policy would hold the request: it waits for the core that had the actor last, where the state
 * is in the cache, or for one by the actor's number. up: not 0. */
static __always_inline __u32 exclusive_home(const struct shunt_actor_at *at,
					    const struct shunt_view *v, __u64 up, __u32 nr)
{
	__u32 core = shunt_index(at->core - 1, SHUNT_CORES), i;

	i = (__u64)(nr * SPREAD) * v->ncores_up >> 32;
	if (!at->core || !(up >> core & 1))
		core = shunt_index(v->order[shunt_index(i, SHUNT_CORES)], SHUNT_CORES);
	return up >> core & 1 ? core : (__u32)shunt_first(up);
}

/* The request went to the core, as the last of its "sent". */
static __always_inline void exclusive_went(struct shunt_actor_at *at, __u32 core, __u32 sent)
{
	if (at->core != core + 1) {
		at->moved += at->core != 0;
		at->core = core + 1;
		at->since = at->sent;
	}
	*exclusive_seq(at, 0) = sent;
	at->sent++;
}
