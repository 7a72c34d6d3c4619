// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * looker - shows what it sees of a CPU that services share (tests/e2e/seat_policy.sh)
 *
 * Knob 0: requests are rejected where their service is away. done(), in workers, adds up what it
 * sees; plan(), in the kernel, shows what it sees, and that sum.
 */
#include <shunt/policy.h>

#define SHUNT_HAS_DONE
#define SHUNT_HAS_PLAN
SHUNT_POLICY("looker", SHUNT_IDLE_ONLY, "shows what it sees of seats");

static int steer(shunt_view *v, shunt_event *ev)
{
	if (shunt_knob(v, 0) && shunt_away(v))
		return SHUNT_REJECT;
	return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
}

static void done(shunt_view *v, shunt_event *ev)
{
	shunt_add(v, 0, shunt_there(v));
	shunt_add(v, 1, shunt_away(v));
	shunt_add(v, 2, 1);
}

static void plan(shunt_view *v, shunt_event *ev)
{
	for (int i = 0; i < 3; i++)
		shunt_plan_set(v, i, shunt_state(v, i));
	shunt_plan_set(v, 3, shunt_there(v) << 8 | shunt_away(v));
	shunt_plan_set(v, 4, shunt_switch_ns(v));
	shunt_plan_set(v, 5, 1);
}
