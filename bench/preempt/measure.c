// SPDX-License-Identifier: BSD-2-Clause
/* measure.c - times by the time-stamp counter */
#include <stdint.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "measure.h"

double ns_per_tick, ticks_ns;

void measure_ticks(void)
{
	uint64_t t0 = ticks(), n0 = clock_ns();

	while (clock_ns() - n0 < 100000000)
		;
	ns_per_tick = (double)(clock_ns() - n0) / (ticks() - t0);
	n0 = clock_ns();
	for (int i = 0; i < 1000000; i++)
		ticks();
	ticks_ns = (clock_ns() - n0) / 1e6;
}

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

double quantile(double *x, int n, double q)
{
	qsort(x, n, sizeof(*x), by_value);
	return x[(int)(q * (n - 1) + 0.5)];
}
