// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * saysidle - steers where knob 0 says, claiming that the core is idle
 */
#include <shunt/policy.h>

SHUNT_POLICY("saysidle", SHUNT_IDLE_ONLY, "steers where knob 0 says, claiming it is idle");

static int steer(shunt_view *v, shunt_event *ev)
{
	return (int)shunt_knob(v, 0);
}

static int select(shunt_view *v, shunt_event *ev)
{
	return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
}
