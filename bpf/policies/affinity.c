// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * affinity - each key to one core (MICA's partitioned mode)
 *
 * A hash of the key (the port's "key" bytes of the payload) names the core, so that a core has its
 * part of the data to itself. Loses under skew: a hot key's core is the bottleneck. Requests that
 * do not fit the core's ring are held and served by any core, so handlers must be correct on every
 * core.
 */
#include <shunt/policy.h>

SHUNT_POLICY("affinity", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_KEY | SHUNT_TAKES_ANY,
	     "each key to one core by hash (MICA)");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);

	return n ? shunt_core_at(v, shunt_scale(ev->key_hash, n)) : SHUNT_HOLD;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
