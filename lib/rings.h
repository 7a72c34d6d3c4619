/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rings.h - all that the agent sees of one domain's memory: frames, rings, view
 *
 * Workers write most of it, so whatever is read from here is bounded by the geometry, which is the
 * agent's own.
 */
#pragma once

#include "layout.h"
#include "peek.h"
#include "ring.h"

struct rings {
	struct shunt_geometry geo;
	char *memory;               /* frames, then ctl */
	struct shunt_ctl *ctl;
	struct shunt_view *view;
	struct shunt_ring fill[SHUNT_CORES], comp[SHUNT_CORES]; /* shunt_fill_rings() of them */
	struct shunt_ring rx[SHUNT_SLOTS]; /* by slot: core, or SHUNT_HOLD_SLOT + class */
	struct shunt_ring tx[SHUNT_CORES];
	const struct shunt_actor_core *actors; /* core * nactors + actor; NULL: there are none */
	__u32 nactors;
};

/* The slot of the k-th socket (cores, then classes) and how many
 * there are: where cores have queues of their own, no hold rings. */
static inline __u32 slot_of(const struct shunt_geometry *g, __u32 k)
{
	return k < g->ncores ? k : SHUNT_HOLD_SLOT + (k - g->ncores);
}

static inline __u32 sockets_of(const struct shunt_geometry *g)
{
	return g->ncores + (g->hold_ring ? g->nclasses : 0);
}

/* Entries of the receive ring of a slot. */
static inline __u32 rx_size(const struct shunt_geometry *g, __u32 slot)
{
	return slot < SHUNT_HOLD_SLOT ? g->core_ring : g->hold_ring;
}

/* The metadata of the packet at that address; NULL: there is none. */
static inline struct shunt_meta *rings_meta(const struct rings *r, __u64 addr)
{
	return shunt_meta_of(r->memory, &r->geo, addr);
}
