// SPDX-License-Identifier: BSD-2-Clause
/*
 * steered.c - sets done[] right: by what arrived in a core's ring and what it refused
 */
#include "domain.h"
#include "steered.h"

/* Requests that a core's ring has had, or has refused, in the terms of sent and done. */
static __u32 arrived(const struct domain *d, __u32 core)
{
	return d->pool.state->steered_base[core] + ring_prod(&d->pool.r.rx[core]) +
	       (__u32)peek(agent_of(d)->core[core].refused);
}

/* A worker can write both indices: a ring holds no more than fits. */
static __u32 in_ring(const struct domain *d, __u32 core)
{
	__u32 n = ring_count(&d->pool.r.rx[core]), size = rx_size(&d->pool.r.geo, core);

	return n <= size ? n : size;
}

void steered_settle(struct domain *d, __u32 core, __u32 sent)
{
	__u64 *known = &d->pool.state->steered_known;

	/* New sockets, which XDP has not found yet: all that was sent went to others. */
	if (!(*known >> core & 1)) {
		d->pool.state->steered_base[core] += sent - arrived(d, core);
		*known |= 1ULL << core;
	}
	poke(d->pool.r.view->done[core], arrived(d, core) - in_ring(d, core));
}

/*
 * done is read first: a request that is in the ring later was not done then, and both have arrived.
 * So done can only be too great if it is wrong, and not because something moved.
 */
static bool is_too_great(const struct domain *d, __u32 core, __u32 *by)
{
	__u32 done = __atomic_load_n(&d->pool.r.view->done[core], __ATOMIC_ACQUIRE);
	__u32 waiting = in_ring(d, core);

	*by = done + waiting - arrived(d, core);
	return (__s32)*by > 0;
}

void steered_heal(const struct domain *d, struct steered_seen *seen, __u32 core, __u32 running)
{
	struct shunt_view *v = d->pool.r.view;
	struct steered_seen now = { ring_prod(&d->pool.r.rx[core]), peek(v->done[core]) };
	bool still = now.prod == seen->prod && now.done == seen->done;
	__u32 by;

	*seen = now;
	if (is_too_great(d, core, &by)) {
		__atomic_fetch_sub(&v->done[core], by, __ATOMIC_RELAXED);
		return;
	}
	/* A request that is neither in the ring nor with a core was refused. */
	by = arrived(d, core) - now.done - in_ring(d, core) - running;
	if (still && (__s32)by > 0)
		__atomic_fetch_add(&v->done[core], by, __ATOMIC_RELAXED);
}
