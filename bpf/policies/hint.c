// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * hint - the core that the client's last reply named, else the less loaded of two random ones
 *
 * A server writes two bytes into its replies, a core and an epoch (SHUNT_HINT); the client echoes
 * them at the port's key. A reply is newer than any published load: for NICs that learn loads late.
 * A hint counts if its epoch is that of knob 0 and its core is up; raise knob 0 and all old hints
 * are void. The policy trusts clients to copy hints faithfully: a client that lies can pile its
 * requests on one core.
 */
#include <shunt/policy.h>

SHUNT_POLICY(
	"hint", SHUNT_NEEDS_HEADS | SHUNT_NEEDS_RANDOM | SHUNT_NEEDS_HINT | SHUNT_TAKES_ANY,
	"the core that the client's last reply named (knob 0: the epoch of replies), else as p2c");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v), core = ev->hint & 0xff, epoch = ev->hint >> 8;

	if (!n)
		return SHUNT_HOLD;
	if (core < SHUNT_CORES && epoch == (shunt_knob(v, 0) & 0xff) &&
	    shunt_bit(shunt_up(v), core))
		return core;
	return shunt_less_loaded(v, ev->random, 0, n);
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
