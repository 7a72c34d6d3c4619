// SPDX-License-Identifier: BSD-2-Clause
/*
 * shared.c - served by XDP through shared memory: the
 * core's own ring, hold rings, the policy's choice
 */
#include "../internal.h"

/* A queue's ring may be fed for ever: what was there when we were told to end is served, the rest
 * is the next worker's. */
static bool drained_so_far(struct core *c)
{
	if (!c->ending)
		c->last = ring_prod(&c->rx);
	c->ending = true;
	return (int32_t)(ring_cons(&c->rx) - c->last) >= 0 && !atomic_load(&c->s->park.mask);
}

static bool drained(struct core *c)
{
	struct shunt *s = c->s;

	if (own_rings(s) && !atomic_load(&s->leave))
		return drained_so_far(c);
	if (ring_count(&c->rx) || atomic_load(&s->park.mask))
		return false;
	if (!atomic_load(&s->leave))
		return true; /* held requests stay for the next worker */
	if (next_held(s))
		return false;
	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		if (ring_count(&s->core[i].rx))
			return false;
	}
	return true;
}

static void parked(struct core *c, uint32_t seq, uint64_t token)
{
	park_wake_sleeper(c);
}

const struct transport transport_shared = {
	.take = next_take,
	.idle = idle_beside_xdp,
	.drained = drained,
	.parked = parked,
	.waits = next_waits,
	.prefetch = next_prefetch,
	.prefetch_heads = next_prefetch_heads,
	.ask = next_ask,
};
