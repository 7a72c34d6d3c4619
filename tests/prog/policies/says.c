// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * says - steers where knob 0 says, whatever that is; selects
 * the class that is knob 1, less 1, if that is not 0
 */
#include <shunt/policy.h>

SHUNT_POLICY("says", 0, "steers where knob 0 says");

static int steer(shunt_view *v, shunt_event *ev)
{
	return (int)shunt_knob(v, 0);
}

static int select(shunt_view *v, shunt_event *ev)
{
	if (shunt_knob(v, 1))
		return (int)shunt_knob(v, 1) - 1;
	return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
}
