/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.h - shunt sched: what is loaded, read and removed of the scheduler of threads
 */
#pragma once

#include <shunt/sched.h>

#include "bundle/bundle.h"
#include "../ctl.h"

#define SCHED_CGROUPS_TOLD 64 /* cgroups that one configuration may name */

/* What load writes into maps. */
struct sched_setup {
	struct shunt_sched_cfg cfg;
	__u32 slo_us[SHUNT_CLASSES], quantum_us[SHUNT_CLASSES];
	__u64 knobs[SHUNT_KNOBS];
	struct {
		__u64 id;
		__u32 cls;
	} cgroups[SCHED_CGROUPS_TOLD];
	__u32 ncgroups;
};

/* config.c: without a file (NULL): two classes, by nice. */
int sched_setup(struct ctl *ctl, const char *file, struct sched_setup *s);

/* fit.c: fails with the reason, unless the policy can decide about threads; notes what of it does
 * not count for them. */
int sched_fits(struct ctl *ctl, const struct bundle *b);

/* kernel.c */
enum sched_state {
	SCHED_NONE,    /* no scheduler of anybody's is loaded */
	SCHED_OURS,
	SCHED_OTHER,
};
/* -EOPNOTSUPP (failed): this kernel has none. name: of the scheduler that is loaded. */
int sched_kernel(struct ctl *ctl, enum sched_state *state, char name[64]);
/* Fails if the machine has more CPUs than a policy sees. */
int sched_cpus(struct ctl *ctl);

/* pins.c: makes the pins of threads those of this run. */
void sched_use_pins(struct ctl *ctl);
/* 1: there are pins, with what became of the scheduler; 0: none. */
int sched_pinned(struct ctl *ctl, struct shunt_sched_life *life);
/* Takes the scheduler out of the kernel; its maps stay. */
int sched_unregister(struct ctl *ctl);
int sched_map(struct ctl *ctl, const char *name);
int sched_get(struct ctl *ctl, const char *name, __u32 key, void *value);

/* load.c: into the kernel, and in force. */
int sched_put(struct ctl *ctl, const struct bundle *b, struct sched_setup *s);

/* counts.c: of all CPUs, by class and in all; NULL (failed): cannot be read. */
json_t *sched_counts(struct ctl *ctl, const struct shunt_sched_cfg *cfg);
void sched_show_counts(const json_t *r);

/* agent.c: the agent, and what became of its decisions; NULL (failed): cannot be read. */
json_t *sched_agent(struct ctl *ctl);
void sched_show_agent(const json_t *agent);

/* tag.c */
int sched_tag(struct ctl *ctl, int argc, char **argv);
