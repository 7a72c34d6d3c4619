/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - has the policy in force plan, every 10 ms while requests end
 */
#pragma once

#include <shunt/abi.h>

struct agent;

#define PLAN_NS 10000000ULL

struct planner {
	__u64 gen; /* whose program it is; 0: nobody's */
	int prog;  /* that calls plan(); -1: the policy has none */
	struct {
		__u64 ended;   /* requests, when it was called last */
		__u64 next_ns;
	} domain[SHUNT_DOMAINS];
};

void planner_none(struct planner *p);
void planner_forget(struct planner *p);
/* Before domains' turns, at each tick: the policy of that generation is in force. */
void planner_follow(struct planner *p, const struct agent *a, __u64 gen);
/* A domain's turn: so many requests have ended there. Nothing where the policy has no plan(). */
void planner_tick(struct planner *p, const struct agent *a, __u32 domain, struct shunt_view *view,
		  __u64 ended);
