// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * rss - each flow to one core, as a NIC's receive side scaling does (d-FCFS, IX)
 *
 * A hash of the flow names the core, idle or not. Keeps flows on a core and costs nothing to
 * decide. Loses whenever load is uneven: a core with two requests makes the second one wait
 * while others idle. A request that does not fit the core's
 * ring is held, and any free core serves it.
 */
#include <shunt/policy.h>

SHUNT_POLICY("rss", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_FLOW | SHUNT_TAKES_ANY,
	     "each flow to one core by hash (d-FCFS)");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);

	return n ? shunt_core_at(v, shunt_scale(ev->flow_hash, n)) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
