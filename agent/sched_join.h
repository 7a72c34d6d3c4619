/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_join.h - an agent joins the scheduler of threads: what 'shunt sched load' has pinned, and
 * the take-over from the agent before
 */
#pragma once

#include <stdbool.h>

#include <shunt/sched.h>

#include "pins.h"
#include "why.h"

struct sched_load {
	struct shunt_sched_cfg cfg;
	__u32 id;                       /* of the map "cfg": tells one load from the next */
	int life, agents, offload, ring; /* descriptors; -1 */
	struct shunt_off_ctl *ctl;      /* the first page of "offload": we write its epoch */
	const struct shunt_view *view;  /* the scheduler's */
};

/* As after sched_load_close(). */
void sched_load_none(struct sched_load *l);
/* 0; -ENOENT: nothing is loaded, or the kernel has ejected it; or -errno; why says it in words. */
int sched_load_open(struct sched_load *l, const struct shunt_pins *pins, struct why *why);
void sched_load_close(struct sched_load *l);
/* Has the kernel ejected it? */
bool sched_load_ended(const struct sched_load *l);
/* Is it still what is pinned? */
bool sched_load_current(const struct sched_load *l, const struct shunt_pins *pins);
/* The policy with its native code, to be freed; NULL: it cannot be read. */
struct shunt_policy_slot *sched_load_policy(const struct shunt_pins *pins);

struct shunt_off_view;
/* New memory for this agent, in the place of the one before, whose decisions nobody reads from then
 * on. By one process at a time. NULL, with the reason in why. */
struct shunt_off_view *sched_join(const struct sched_load *l, const struct shunt_pins *pins,
				  struct why *why);
/* Idle ones of these CPUs look for decisions. 0, or -errno. */
int sched_ring(const struct sched_load *l, __u64 cpus);
