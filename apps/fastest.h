/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fastest.h - the speed of a CPU, from short runs, of which others slow down some, or most
 *
 * A process on the core's other thread, or a hypervisor, may slow all runs of some milliseconds. So
 * the fastest is believed when it came again and again over a while.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FASTEST_TIMES 8
#define FASTEST_OVER_NS 100000000ULL  /* from the first of these times to the last */
#define FASTEST_MOST_NS 1000000000ULL /* then the fastest so far is taken */
#define FASTEST_SAME 0.001            /* rates so close are the same */

struct fastest {
	double rate;
	uint64_t began, first, last; /* of all runs; of those at this rate */
	unsigned int times;
};

/* A run that ended now. */
static inline void fastest_add(struct fastest *f, double rate, uint64_t now)
{
	if (!f->began)
		f->began = now;
	if (rate > f->rate * (1 + FASTEST_SAME)) {
		f->first = now;
		f->times = 0;
	} else if (rate < f->rate * (1 - FASTEST_SAME)) {
		return;
	}
	f->rate = rate > f->rate ? rate : f->rate;
	f->last = now;
	f->times++;
}

/* Came the fastest often enough? */
static inline bool fastest_is_sure(const struct fastest *f)
{
	return f->times >= FASTEST_TIMES && f->last - f->first >= FASTEST_OVER_NS;
}

static inline bool fastest_is_late(const struct fastest *f, uint64_t now)
{
	return now - f->began >= FASTEST_MOST_NS;
}
