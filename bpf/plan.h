/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * plan.h - the program by which shuntd has the policy plan: what plan() writes is in force once it
 * has returned
 *
 * Included after the policy's file. A policy without plan() has no such program.
 */
#pragma once

/* An emulated card's policies see no view that plan() could write. */
#if SHUNT_HAS(PLAN) && !defined(SHUNT_TARGET_EMU)
/* 0; 1: the plan in force is of another generation; -1: there is no such domain. */
SEC("syscall")
int shunt_planner(struct shunt_plan_ask *ask)
{
	struct shunt_event ev = ask->ev;
	__u64 gen = ask->gen, use;
	struct shunt_view *view = find_view(ask->domain);

	if (!view)
		return -1;
	use = shunt_plan_begin(view);
	if (SHUNT_PLAN_GEN(use) != gen)
		return 1;
	plan(view, &ev);
	return !shunt_plan_end(view, use);
}
#endif
