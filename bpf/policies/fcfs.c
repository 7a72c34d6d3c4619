// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * fcfs - one queue for all cores, first come first served (c-FCFS)
 *
 * An arrival goes to an idle core, else it waits; a free core takes the request that has waited
 * longest, whatever its class. The best there is when service times vary little. Loses when they
 * do: short requests wait behind long ones.
 */
#include <shunt/policy.h>

SHUNT_POLICY("fcfs", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_TAKES_ANY,
	     "one queue, first come first served");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
