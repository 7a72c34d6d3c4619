// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * steal - each flow to one core, and a core with nothing to do takes from the others (ZygOS)
 *
 * rss, with its idle cores put to use: the worker library pops other cores' rings when its own is
 * empty. Work conserving but not in order: a request stays behind a long one until a core is free.
 */
#include <shunt/policy.h>

SHUNT_POLICY("steal", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_FLOW | SHUNT_TAKES_ANY | SHUNT_STEALS,
	     "by flow, and idle cores steal (ZygOS)");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);

	return n ? shunt_core_at(v, shunt_scale(ev->flow_hash, n)) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
