// SPDX-License-Identifier: BSD-2-Clause
/*
 * overload.c - windows in which the server did not keep up: their latencies say how long was
 * measured, not how long a request takes
 */
#include <errno.h>
#include <stdlib.h>

#include "clean.h"

#define UNDONE 0.05  /* share of requests whose replies did not come before the window's end */
/* of the last quarter above the median, and of the first below: latencies grow */
#define SHARE 0.8
#define LEAST 40     /* requests of a window that can tell */

struct quarters {
	uint64_t n[4], above[4], undone;
};

static int by_latency(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint32_t median(uint32_t *latency, size_t n)
{
	qsort(latency, n, sizeof(*latency), by_latency);
	return latency[n / 2];
}

static struct quarters count(const struct window *w, int cls, uint32_t middle)
{
	uint64_t length = w->end - w->begin + 1;
	struct quarters q = { 0 };

	for (size_t i = 0; i < w->replies; i++) {
		const struct reply *r = &w->reply[i];
		uint64_t at = r->due > w->begin ? (r->due - w->begin) * 4 / length : 0;

		if (cls != CLEAN_ALL && (int)r->cls != cls)
			continue;
		at = at < 4 ? at : 3;
		q.n[at]++;
		q.above[at] += r->latency > middle;
		q.undone += r->latency == CLEAN_NO_REPLY || r->due + r->latency > w->end;
	}
	return q;
}

/* In equilibrium the first quarter is as often the slower one as the last. */
static bool grows(const struct quarters *q)
{
	return q->above[3] > SHARE * q->n[3] && q->above[0] < (1 - SHARE) * q->n[0];
}

int window_overloaded(const struct window *w, int cls)
{
	uint32_t *latency = malloc((w->replies + 1) * sizeof(*latency));
	struct quarters q = { 0 };
	size_t n = 0;

	if (!latency)
		return -ENOMEM;
	for (size_t i = 0; i < w->replies; i++) {
		if (cls == CLEAN_ALL || (int)w->reply[i].cls == cls)
			latency[n++] = w->reply[i].latency;
	}
	if (n >= LEAST)
		q = count(w, cls, median(latency, n));
	free(latency);
	return n < LEAST ? -ENODATA : q.undone > UNDONE * n || grows(&q);
}
