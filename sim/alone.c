// SPDX-License-Identifier: BSD-2-Clause
/*
 * alone.c - what requests take that never wait, and how far recorded times of a file() tell of it
 */
#include <math.h>

#include "measure.h"

/* The share of class k's requests, or of all, whose service takes up to ns, or less than ns. */
static double upto(const struct workload *w, int k, double ns, bool less)
{
	double sum = 0;

	if (k < w->nclasses)
		return dist_upto(&w->cls[k].service, ns, less);
	for (int c = 0; c < w->nclasses; c++)
		sum += w->cls[c].share * dist_upto(&w->cls[c].service, ns, less);
	return sum;
}

double service_quantile(const struct workload *w, int k, double share)
{
	double low = 0, high = 1, middle;

	while (upto(w, k, high, false) < share && high < 1e13)
		high *= 2;
	while (high - low > 1e-6 * high) {
		middle = (low + high) / 2;
		if (upto(w, k, middle, false) < share)
			low = middle;
		else
			high = middle;
	}
	return high;
}

double service_late(const struct workload *w, int k)
{
	double sum = 0;

	if (k < w->nclasses)
		return w->cls[k].slo_us > 0
			       ? 1 - dist_upto(&w->cls[k].service, w->cls[k].slo_us * 1e3, false)
			       : 0;
	for (int c = 0; c < w->nclasses; c++)
		sum += w->cls[c].share * service_late(w, c);
	return sum;
}

/* Recorded times that are so long, of those that can be.
 * INFINITY: they are drawn from more than a file. */
static double beyond(const struct workload *w, int k, double ns)
{
	const struct dist *d;
	double sum = 0, share;

	for (int c = 0; c < w->nclasses; c++) {
		d = &w->cls[c].service;
		share = 1 - dist_upto(d, ns, true);
		if ((k < w->nclasses && c != k) || share < 1e-12)
			continue;
		sum += d->kind == DIST_FILE ? share * d->nsample : INFINITY;
	}
	return sum;
}

bool samples_reach(const struct run_config *c, int k, enum quantity q)
{
	const struct workload *w = c->w;
	double share = quantity_kinds[q].share;
	bool file = false;

	for (int i = 0; i < w->nclasses; i++)
		file |= w->cls[i].service.kind == DIST_FILE && (k == w->nclasses || i == k);
	if (!file || !share || quantity_kinds[q].slow)
		return true;
	/* The slowest of n is at a quantile where that of each is at its n-th root. */
	if (c->calls.fanout > 1 && !(c->calls.quorum > 0))
		share = pow(share, 1.0 / c->calls.fanout);
	return beyond(w, k, service_quantile(w, k, share)) >= BEYOND;
}
