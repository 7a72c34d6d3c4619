// SPDX-License-Identifier: BSD-2-Clause
/*
 * geometry.c - how many frames a domain has, and how large its rings are
 */
#include <unistd.h>

#include "domain.h"

/*
 * Frames for everything that can hold one at a time: hold rings, each core's two rings and its own
 * spare ones, a NAPI round, preempted requests, a driver without copying, and what the
 * configuration adds.
 *
 * Each of several queues has as many at home. Preempted requests may all have come through one of
 * them, and each core may have some under way that it took from another's ring.
 */
void domain_geometry(struct shunt_geometry *g, const struct shunt_cfg *cfg,
		     const struct shunt_domain *dom, __u32 mtu)
{
	__u32 per_page = sysconf(_SC_PAGESIZE) / cfg->chunk, home;

	*g = (struct shunt_geometry){
		.chunk = cfg->chunk,
		.core_ring = cfg->core_ring,
		.hold_ring = dom->by_queue ? 0 : cfg->hold_ring,
		.ncores = dom->ncores && dom->ncores <= SHUNT_CORES ? dom->ncores : SHUNT_CORES,
		.nclasses = cfg->nclasses,
		.mtu = mtu,
		.fill_ring = 1,
	};
	if (dom->by_queue) {
		g->nqueues = g->ncores;
		home = 2 * g->core_ring + g->ncores * 2 * SHUNT_SPARE + SHUNT_NAPI + SHUNT_PARKED +
		       cfg->spare_frames / g->ncores;
	} else {
		home = g->nclasses * g->hold_ring + g->ncores * (2 * g->core_ring + SHUNT_SPARE) +
		       SHUNT_NAPI + SHUNT_PARKED + cfg->spare_frames;
	}
	home += cfg->driver_frames;
	if (per_page > 1) /* what follows the frames is page-aligned */
		home = (home + per_page - 1) / per_page * per_page;
	g->nframes = home * shunt_fill_rings(g);
	while (g->fill_ring < home + SHUNT_NAPI)
		g->fill_ring *= 2;
}

bool domain_geometry_serves(const struct shunt_geometry *g, const struct shunt_cfg *cfg,
			    const struct shunt_domain *dom)
{
	return g->chunk == cfg->chunk && g->core_ring == cfg->core_ring &&
	       g->ncores == dom->ncores && g->nclasses == cfg->nclasses &&
	       g->hold_ring == (dom->by_queue ? 0 : cfg->hold_ring) &&
	       g->nqueues == (dom->by_queue ? g->ncores : 0);
}
