// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * told - keeps what done() was told: of class c the number in state 2 * c, the sum of service times
 * in 2 * c + 1; of each core how many held requests ended there (0), and how many were steered to
 * it (1)
 */
#include <shunt/policy.h>

SHUNT_POLICY("told", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS, "keeps what done() was told");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}

#define SHUNT_HAS_DONE
static void done(shunt_view *v, shunt_event *ev)
{
	shunt_add(v, 2 * ev->cls, 1);
	shunt_add(v, 2 * ev->cls + 1, ev->service_ns);
	if (ev->steered == SHUNT_NONE)
		shunt_core_add(v, ev->core, 0, 1);
	else
		shunt_core_add(v, ev->steered, 1, 1);
}
