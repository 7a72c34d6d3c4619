/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * expire.h - requests that waited too long end unserved, as their clients have given up or asked
 * again: while no core was up, or for more objectives than "expire" of their class
 *
 * While no core is up, arrivals push them out; the first core's credits remove the rest. A credit
 * ends those at the heads of their queues that waited for too many objectives. Tokens belong to
 * requests that a core began: they do not expire.
 */
#pragma once

#include "actors.h"

#define EXPIRE_AT_ONCE 32 /* of a class, with one frame */

/* Tells the policy of a request that ended unserved. */
static __always_inline void tell_expired(struct shunt_view *v, __u32 cls, __u64 first_ns)
{
#if SHUNT_HAS(DONE)
	struct shunt_event ev = { .now_ns = bpf_ktime_get_ns(), .run_ns = first_ns, .cls = cls,
				  .run_cls = SHUNT_NONE, .steered = SHUNT_NONE };

	done(v, &ev);
#endif
}

/* Ends requests of a class that arrived before this time. Returns 1 if some of them are left. */
__noinline int expire(__u32 cls, __u64 before)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_fifo *f;
	struct shunt_nic_slot *s;
	__u32 slot;

	if (!n || !v)
		return 0;
	f = get_fifo(n, cls, 0);
	for (int i = 0; i < EXPIRE_AT_ONCE; i++) {
		if (!f->head || f->first_ns >= before)
			return 0;
		tell_expired(v, cls, f->first_ns);
		slot = pop_slot(cls, 0);
		s = get_slot(slot);
		if (s)
			actor_end(s->actor, ACTOR_EXPIRED);
		free_slot(slot);
		v->core[0].expired.n[shunt_index(cls, SHUNT_CLASSES)]++;
	}
	return f->head && f->first_ns < before;
}

/* Requests that arrived before this time are too old now; 0: none is,
 * as while the machine has not run that long. */
static __always_inline __u64 too_old(const struct shunt_cfg *c)
{
	__u64 now = bpf_ktime_get_ns(), age = c->hold_age_ms * 1000000ULL;

	return age && age < now ? now - age : 0;
}

/* Ends requests that waited for too many objectives. Returns the classes of which some are left. */
static __always_inline __u32 expire_waited(struct shunt_view *v, __u64 now)
{
	__u32 left = 0;
	__u64 most;

	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		most = v->expire[c] * 1000ULL * v->slo_us[c];
		if (most && most < now)
			left |= expire(c, now - most) << c;
	}
	return left;
}

/* The first core comes up. */
static __always_inline void serve_from_now(struct shunt_nic *n)
{
	__u32 zero = 0;
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);

	if (c)
		n->serve_from_ns = too_old(c);
}

/* Removes requests that are too old. 0: some are left for the next credit. */
static __always_inline int expire_all(struct shunt_nic *n)
{
	int left = 0;

	for (__u32 c = 0; c < SHUNT_CLASSES; c++)
		left |= expire(c, n->serve_from_ns);
	if (!left)
		n->serve_from_ns = 0;
	return !left;
}
