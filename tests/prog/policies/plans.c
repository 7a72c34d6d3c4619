// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * plans - plan() counts its calls in word 0, notes in word 1 what it finds in force in word 0 after
 * that, sets word 2 to 7 at its first call alone, and word 63 to the time; done() counts in state 0
 * and in state 0 of its core
 */
#include <shunt/policy.h>

#define SHUNT_HAS_DONE
#define SHUNT_HAS_PLAN

SHUNT_POLICY("plans", SHUNT_IDLE_ONLY, "plan() counts its calls");

static int steer(shunt_view *v, shunt_event *ev)
{
	return (int)shunt_plan(v, 0);
}

static int select(shunt_view *v, shunt_event *ev)
{
	return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
}

static void done(shunt_view *v, shunt_event *ev)
{
	shunt_add(v, 0, 1);
	shunt_core_add(v, ev->core, 0, 1);
}

static void plan(shunt_view *v, shunt_event *ev)
{
	if (!shunt_plan(v, 0))
		shunt_plan_set(v, 2, 7);
	shunt_plan_set(v, 0, shunt_plan(v, 0) + 1);
	shunt_plan_set(v, 1, shunt_plan(v, 0));
	shunt_plan_set(v, 63, ev->now_ns);
}
