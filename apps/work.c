// SPDX-License-Identifier: BSD-2-Clause
/*
 * work.c - to compute for a while: a count of steps, calibrated, not a look at the clock
 *
 * So a request that was interrupted has still all of its work to do.
 */
#include <time.h>

#include <shunt/preempt.h>

#include "gap.h"
#include "work.h"

#define STRIP 64       /* steps between safepoints: some 100 ns */
#define LOOK_STRIPS 64 /* between looks for gaps: some 6 us */

static double steps_per_ns;

uint64_t work_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

uint64_t work_since_ns(uint64_t then_ns)
{
	uint64_t now = work_now_ns();

	return now > then_ns ? now - then_ns : 1;
}

static void work(uint64_t steps, bool safepoints)
{
	uint64_t x = steps, strips = 0;

	for (uint64_t end; steps; steps = end) {
		end = steps > STRIP ? steps - STRIP : 0;
		while (steps-- > end) {
			x = x * 6364136223846793005ULL + 1442695040888963407ULL;
			asm volatile("" : "+r"(x));
		}
		if (safepoints)
			shunt_safepoint();
		if (!(++strips % LOOK_STRIPS))
			gap_work();
	}
}

/* The fastest of many short runs: whatever disturbed the others is not the speed of this CPU. */
void work_calibrate(void)
{
	const uint64_t steps = 20000;

	for (int i = 0; i < 50; i++) {
		uint64_t start = work_now_ns();
		double rate;

		work(steps, true);
		rate = (double)steps / (work_now_ns() - start);
		if (rate > steps_per_ns)
			steps_per_ns = rate;
	}
}

void work_ns(uint64_t ns, bool safepoints)
{
	work(ns * steps_per_ns, safepoints);
}
