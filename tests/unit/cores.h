/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cores.h - cores of the library and a hold ring a class, in plain memory
 *
 * A test that wants other numbers defines them before.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "../../hostlib/internal.h"
#include "../ring.h"

#ifndef CORES
#define CORES 2
#endif
#ifndef CLASSES
#define CLASSES 2
#endif
#ifndef RING
#define RING 16
#endif
#define FRAMES 64

static struct shunt s;
static struct policy policy;

static void make_core(unsigned int i)
{
	struct core *c = &s.core[i];

	*c = (struct core){ .s = &s,
			    .id = i,
			    .sock = -1,
			    .line = &s.view->core[i],
			    .run = &s.view->core[i].run,
			    .fill = &s.fill[0],
			    .comp = &s.comp[0],
			    .comp_keep = COMP_KEEP,
			    .fill_lock = &s.ctl->fill_lock[0].holder,
			    .list = &s.ctl->free[i] };
	make_ring(&c->rx, RING);
	make_ring(&c->tx, RING);
	*c->tx.flags = XDP_RING_NEED_WAKEUP; /* as the kernel makes it */
}

static int make_cores(shunt_policy_fn select)
{
	s = (struct shunt){ .geo = { .nframes = FRAMES,
				     .chunk = 2048,
				     .core_ring = RING,
				     .hold_ring = RING,
				     .fill_ring = 2 * FRAMES,
				     .ncores = CORES,
				     .nclasses = CLASSES },
			    .ncores = CORES,
			    .nhold = CLASSES,
			    .link = -1, .transport = &transport_shared,
			    .wake = -1,
			    .opts.idle = SHUNT_IDLE_SPIN };
	s.memory = aligned_alloc(4096, shunt_memory_len(&s.geo));
	memset(s.memory, 0, shunt_memory_len(&s.geo));
	s.ctl = shunt_ctl_of(s.memory, &s.geo);
	s.view = aligned_alloc(SHUNT_LINE, sizeof(*s.view));
	memset(s.view, 0, sizeof(*s.view));
	s.view->up = (1 << CORES) - 1;
	s.view->parked_max = SHUNT_PARKED;
	s.core = aligned_alloc(SHUNT_LINE, CORES * sizeof(*s.core));
	for (unsigned int i = 0; i < CORES; i++)
		make_core(i);
	make_ring(&s.fill[0], 2 * FRAMES);
	make_ring(&s.comp[0], 2 * FRAMES);
	for (int i = 0; i < CLASSES; i++) {
		make_ring(&s.hold[i], RING);
		s.view->cls[i].requeue = SHUNT_TAIL;
	}
	policy = (struct policy){ .select = select, .gen = 1, .fd = -1 };
	atomic_store(&s.policy, &policy);
	return park_init(&s);
}

static void remove_cores(void)
{
	park_free(&s);
	for (unsigned int i = 0; i < CORES; i++) {
		free(s.core[i].rx.map);
		free(s.core[i].tx.map);
	}
	free(s.fill[0].map);
	free(s.comp[0].map);
	for (int i = 0; i < CLASSES; i++)
		free(s.hold[i].map);
	free(s.memory);
	free(s.view);
	free(s.core);
}
