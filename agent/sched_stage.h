/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_stage.h - asks the policy what each CPU should run next, and stages that
 */
#pragma once

#include "sched_policy.h"
#include "sched_seen.h"

/* Counts of this agent. */
struct stage_counts {
	__u64 events, staged, rings;
};

struct stage {
	struct seen seen;
	struct shunt_view view;       /* the agent's own copy, less what cores write */
	__u32 obj[SHUNT_CORES];       /* staged last, for the CPU; 0: none */
	__u64 copied_ns;              /* when the scheduler's view was */
	struct stage_counts n;
};

/* One turn: hears of events, then stages for CPUs that have nothing staged. Sets *bell: CPUs that
 * are idle and have a decision. How many events there were. */
int stage_turn(struct stage *s, struct sched_policy *p, struct shunt_off_view *v,
	       const struct shunt_view *kernel, __u64 now_ns, __u64 *bell);
