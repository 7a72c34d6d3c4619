/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actor_maps.h - the pinned maps of the load's actors, open and mapped
 */
#pragma once

#include <linux/types.h>

#include <shunt/abi.h>

struct shunt_pins;
struct why;

struct actor_maps {
	__u32 n;                         /* rows in use */
	int rows;                        /* a sealed copy of them: workers get it */
	struct shunt_actor_agent *agent; /* the map itself: ours */
	int core[SHUNT_DOMAINS];         /* a domain's counts of its cores; -1: no domain */
	const struct shunt_actor_core *count[SHUNT_DOMAINS]; /* mapped: core * n + actor */
	__u32 cores[SHUNT_DOMAINS];      /* that it has lines for */
};

/* 0 with *out NULL if the load has no actors; or -errno, and why says it in words. */
int actor_maps_open(struct actor_maps **out, const struct shunt_pins *pins,
		    const struct shunt_cfg *cfg, const struct shunt_domain *domains,
		    struct why *why);
void actor_maps_close(struct actor_maps *m); /* NULL is fine */
