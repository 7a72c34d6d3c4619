// SPDX-License-Identifier: BSD-2-Clause
/* mine.c - a policy: the class whose next request must be answered soonest goes first */
#include <shunt/policy.h>

SHUNT_POLICY("mine", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_PREEMPTS,
	     "the earliest deadline first");

/* In XDP, for each request: a core, or wait. */
static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

/* In the worker, when a core is free, or is asked to yield: which class next? */
static int select(shunt_view *v, shunt_event *ev)
{
	__u64 first = ~0ULL >> 1, slo, due, sooner;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		slo = shunt_slo_us(v, c);
		due = shunt_head_ns(v, ev, c) +
		      1000 * shunt_pick(shunt_some(slo), slo, SHUNT_SLO_MAX_US);
		sooner = shunt_bit(ev->waiting, c) & shunt_less(due, first);
		first = shunt_pick(sooner, due, first);
		best = shunt_pick(sooner, c, best);
	}
	return best;
}
