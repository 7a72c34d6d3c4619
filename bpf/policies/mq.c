// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * mq - a queue a class; the head that used up most of its objective goes first (Shinjuku)
 *
 * Of the classes that wait, takes the one whose head has the largest waited / SLO. A class without
 * an SLO comes after all that have one, oldest first. Example: SLO 50 us and 1000 us; a short
 * request that waited 30 us (0.6) goes before a long one that waited 500 us (0.5). The ratios are
 * compared by cross-multiplication: 32-bit ns by 24-bit us fits 64 bits.
 */
#include <shunt/policy.h>

SHUNT_POLICY("mq", SHUNT_IDLE_ONLY | SHUNT_NEEDS_HEADS | SHUNT_TAKES_ANY | SHUNT_PREEMPTS,
	     "largest waited/SLO first (Shinjuku multi queue)");

static int steer(shunt_view *v, shunt_event *ev)
{
	__u64 idle = shunt_idle(v);

	return idle ? shunt_first(idle) : SHUNT_HOLD;
}

/* 1 if a wait of "waited" under objective "slo" outranks the best so far. Ties: 0. */
__shunt_inline __u64 outranks(__u64 waited, __u64 slo, __u64 best_waited, __u64 best_slo)
{
	__u64 has = shunt_some(slo), best_has = shunt_some(best_slo);
	__u64 larger =
		shunt_less(best_waited * (slo | (has ^ 1)), waited * (best_slo | (best_has ^ 1)));

	return (has & ~best_has) | (~(has ^ best_has) & 1 & larger);
}

static int select(shunt_view *v, shunt_event *ev)
{
	__u64 waited, slo, best_waited = 0, best_slo = 0, none = 1, better;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		waited = shunt_waited(v, ev, c);
		slo = shunt_slo_us(v, c);
		better = shunt_bit(ev->waiting, c) &
			 (none | outranks(waited, slo, best_waited, best_slo));
		none &= ~better;
		best = shunt_pick(better, c, best);
		best_waited = shunt_pick(better, waited, best_waited);
		best_slo = shunt_pick(better, slo, best_slo);
	}
	return best;
}
