/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost.h - what the agent itself costs: CPU time, and how often it wakes
 */
#pragma once

#include <linux/types.h>

struct agent;

struct cost {
	__u64 turns;   /* of the loop so far */
	__u64 at_ns;   /* when these were taken: */
	__u64 then_ns; /* CPU time, */
	__u64 then_turns;
};

/* At each tick: once a second, into the map "agent". */
void cost_tick(struct agent *a);
