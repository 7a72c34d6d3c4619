// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * p2c - the less loaded of two random cores (power of two choices)
 *
 * Looks at two cores only, so old loads do little harm: the policy for NICs that learn loads late.
 * With fresh loads jbsq and fcfs beat it.
 */
#include <shunt/policy.h>

SHUNT_POLICY("p2c", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_RANDOM | SHUNT_TAKES_ANY,
	     "the less loaded of two random cores");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);

	return n ? shunt_less_loaded(v, ev->random, 0, n) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
