// SPDX-License-Identifier: BSD-2-Clause
/* mine.c - a policy: the class with the shortest backlog goes first */
#include <shunt/policy.h>

SHUNT_POLICY("mine", SHUNT_IDLE_ONLY, "the shortest backlog first");

/* In XDP, for each request: a core, or wait. */
static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

/* In the worker, when a core is free: which class next? */
static int select(shunt_view *v, shunt_event *ev)
{
	__u64 least = ~0U, less;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		less = shunt_bit(ev->waiting, c) & shunt_less(shunt_backlog(v, c), least);
		least = shunt_pick(less, shunt_backlog(v, c), least);
		best = shunt_pick(less, c, best);
	}
	return best;
}
