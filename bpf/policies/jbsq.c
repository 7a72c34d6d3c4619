// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * jbsq - join the shortest of bounded queues (nanoPU, RPCValet; Shinjuku-Offload's k outstanding)
 *
 * An idle core first, else the core with the fewest requests outstanding if that is below
 * k (knob 0, default 2), else wait in the hold queue. While anything waits there, arrivals wait
 * behind it: one that went to a core below k would pass older requests. k = 1 is fcfs; each more
 * hides some of the delay between NIC and core, and lets some requests wait behind the wrong one.
 */
#include <shunt/policy.h>

SHUNT_POLICY("jbsq", SHUNT_NEEDS_HEADS | SHUNT_TAKES_ANY,
	     "the shortest queue, at most k outstanding (knob 0: k)");

__shunt_inline __u32 any_waits(const shunt_view *v)
{
	__u32 any = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		any |= shunt_backlog(v, c);
	return any;
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v), up = shunt_up(v), k = shunt_knob(v, 0), least, less, load;
	int best = SHUNT_HOLD;

	if (idle)
		return shunt_first(idle);
	least = k ? k & 0xff : 2;
	/* No core is idle: each has a request, though its load does not
	 * count one that was held. So within a bound of 1 no core has room. */
	if (any_waits(v) || least < 2)
		return SHUNT_HOLD;
	for (int i = 0; i < SHUNT_CORES && up >> i; i++) { /* none is up from there on */
		load = shunt_load(v, i);
		less = shunt_bit(up, i) & shunt_less(load, least);
		least = shunt_pick(less, load, least);
		best = shunt_pick(less, i, best);
	}
	return best;
}

static int select(shunt_view *v, shunt_event *ev)
{
	return shunt_oldest(v, ev);
}
