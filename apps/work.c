// SPDX-License-Identifier: BSD-2-Clause
/*
 * work.c - to compute for a while: a count of steps, calibrated, not a look at the clock
 *
 * So a request that was interrupted has still all of its work to do.
 */
#include <time.h>

#include <shunt/preempt.h>

#include "fastest.h"
#include "gap.h"
#include "work.h"

#define STRIP 64       /* steps between safepoints: some 100 ns */
#define LOOK_STRIPS 64 /* between looks for gaps: some 6 us */
#define RUN_STEPS 20000 /* some 20 us, to calibrate by */
#define QUICK_RUNS 50   /* some 1 ms: all may be slow */

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

/* Whatever disturbed the slower runs is not the speed of this CPU. */
void work_calibrate(bool compared)
{
	struct fastest f = { 0 };
	uint64_t start, end;
	int runs = 0;

	do {
		start = work_now_ns();
		work(RUN_STEPS, true);
		end = work_now_ns();
		fastest_add(&f, (double)RUN_STEPS / (end - start), end);
		runs++;
	} while (compared ? !fastest_is_sure(&f) && !fastest_is_late(&f, end) : runs < QUICK_RUNS);
	steps_per_ns = f.rate;
}

double work_steps_per_us(void)
{
	return steps_per_ns * 1000;
}

void work_ns(uint64_t ns, bool safepoints)
{
	work(ns * steps_per_ns, safepoints);
}
