// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * prio - strict priority: the lowest class number first
 *
 * An arrival goes to an idle core, else it waits; a free core takes from the lowest class that has
 * anything. Simple, and right when the first classes are a small part of the load: the others
 * starve for as long as they are not. mq bounds that.
 */
#include <shunt/policy.h>

SHUNT_POLICY("prio", SHUNT_IDLE_ONLY | SHUNT_TAKES_ANY, "the lowest class number first");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
}
