// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * darc - cores reserved for short classes (Persephone's DARC)
 *
 * knob[c] is the mask of cores that class c may use; 0 = all. Give long classes fewer cores and a
 * short request finds one free without anyone being preempted. Cores are left idle on purpose, so
 * it loses throughput when the mix shifts and the knobs do not. Among what a core may take, the lowest
 * class first.
 */
#include <shunt/policy.h>

SHUNT_POLICY("darc", SHUNT_IDLE_ONLY, "cores reserved by class (knob c: mask of class c's cores)");

__shunt_inline __u64 allowed(const shunt_view *v, __u32 cls)
{
	__u64 mask = shunt_knob(v, cls) & shunt_up(v);

	return mask ? mask : shunt_up(v); /* none of its cores is up: any will do */
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v) & allowed(v, ev->cls);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if ((ev->waiting & 1 << c) && (allowed(v, c) >> (ev->core & 63) & 1))
			return c;
	}
	return SHUNT_GO_ON;
}
