// SPDX-License-Identifier: BSD-2-Clause
/*
 * quantity.c - what is measured of a class, and whether a run has a steady state to measure
 */
#include <math.h>

#include "measure.h"

/* "spread": half the 95 % interval of M/M/1's near saturation,
 * over the value and the root of independent looks (sure.c). */
const struct quantity_kind quantity_kinds[QUANTITIES] = {
	[P50] = { .share = 0.5, .spread = 1.75 }, [P90] = { .share = 0.9, .spread = 2.55 },
	[P99] = { .share = 0.99, .spread = 5.3 }, [P999] = { .share = 0.999, .spread = 11 },
	[MEAN] = { .sum = SUM_SOJOURN, .spread = 2.25 }, [WAIT] = { .sum = SUM_WAIT,
								    .spread = 2.25 },
	[SLOW_MEAN] = { .slow = true, .sum = SUM_SLOW, .spread = 2.25 },
	[MISS] = { .sum = SUM_MISS }, [SLOW_P50] = { .share = 0.5, .slow = true, .spread = 1.75 },
	[SLOW_P99] = { .share = 0.99, .slow = true, .spread = 5.3 },
	[SLOW_P999] = { .share = 0.999, .slow = true, .spread = 11 },
};

double quantity_of(const struct class_result *c, enum quantity q)
{
	static const size_t mean[QUANTITIES] = {
		[MEAN] = offsetof(struct class_result, sojourn_ns),
		[WAIT] = offsetof(struct class_result, wait_ns),
		[SLOW_MEAN] = offsetof(struct class_result, slowdown),
		[MISS] = offsetof(struct class_result, miss),
	};

	if (!c->done)
		return NAN;
	if (quantity_kinds[q].share)
		return quantity_kinds[q].slow
			       ? hist_quantile(&c->slow, quantity_kinds[q].share) / 64
			       : hist_quantile(&c->sojourn, quantity_kinds[q].share);
	return *(const double *)((const char *)c + mean[q]);
}

bool slowdown_is_infinite(const struct run_config *c, int k)
{
	const struct workload *w = c->w;

	if (c->policy->ideal == IDEAL_PS || c->policy->ideal == IDEAL_SRPT)
		return false;
	for (int i = 0; i < w->nclasses; i++) {
		if ((k == w->nclasses || i == k) && w->cls[i].service.kind == DIST_EXP)
			return true;
	}
	return false;
}

/* Did the backlog grow from look to look, and more than by chance? */
bool load_is_carried(const struct run_result *r)
{
	uint64_t first = r->backlog[0], last = r->backlog[BACKLOG_LOOKS - 1], arrived = 0, done = 0;

	for (int k = 0; k < r->nclasses; k++) {
		arrived += r->cls[k].arrived;
		done += r->cls[k].done;
	}
	/* Drops bound the backlog, so in overload it need not grow. */
	if (r->overload && done >= 0.999 * arrived)
		return false;
	for (int i = 1; i < BACKLOG_LOOKS && !r->closed; i++) {
		if (r->backlog[i] <= r->backlog[i - 1])
			return true;
	}
	return r->closed || last - first < 100 || last - first < arrived / 500;
}
