// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * p2c - the less loaded of two random cores (power of two choices)
 *
 * Looks at two cores only, so it stays good when what it knows of their load is old; the policy
 * for NICs that learn loads late. With fresh loads jbsq and fcfs beat it.
 */
#include <shunt/policy.h>

SHUNT_POLICY("p2c", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_RANDOM, "the less loaded of two random cores");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);
	int a, b;

	if (!n)
		return SHUNT_HOLD;
	a = shunt_core_at(v, shunt_scale(ev->random << 16, n));
	b = shunt_core_at(v, shunt_scale(ev->random & 0xffff0000, n));
	return shunt_load(v, b) < shunt_load(v, a) ? b : a;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
