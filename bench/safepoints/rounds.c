/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rounds.c - one program with and without safepoints, in turns; prints one JSON object
 *
 * usage: NAME [ROUNDS [ROUND_US]]
 *
 * A round runs one side for some time and then the other, in either order. The overhead is that of
 * the medians of the rounds' ratios; spread is the quartiles'. Then all safepoints are made to
 * call: how far apart are they?
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void shunt_safepoint_slow(void);

#define MOST 4000
#define GAPS (1 << 20)

uint64_t work_plain(void);
uint64_t work_safe(void);

static uint32_t word;
static uint64_t gaps[GAPS], last;
static size_t passed;

struct preempt_tls {
	const volatile uint32_t *look;
	uint32_t depth, skip; /* safepoint.S counts skip down */
};
extern _Thread_local struct preempt_tls shunt_tls;
_Thread_local struct preempt_tls shunt_tls = { .look = &word, .depth = 0, .skip = 0 };

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return now_ns();
#endif
}

/* Time within this function is left out of the gaps, which begin when it returns. */
void shunt_safepoint_slow(void)
{
	uint64_t now = ticks();

	gaps[passed++ % GAPS] = now - last;
	last = ticks();
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double timed(uint64_t (*work)(void), int times, uint64_t expected)
{
	uint64_t begin = ticks();

	for (int i = 0; i < times; i++)
		if (work() != expected) {
			fprintf(stderr, "results differ\n");
			exit(1);
		}
	return (double)(ticks() - begin);
}

static double ns_per_tick(void)
{
	uint64_t ns = now_ns(), begin = ticks();

	while (now_ns() - ns < 20000000)
		;
	return (double)(now_ns() - ns) / (double)(ticks() - begin);
}

/* NAME plain|safe TIMES: nothing else, for tools that count instructions. */
static int only(const char *side, int times)
{
	uint64_t (*work)(void) = strcmp(side, "safe") ? work_plain : work_safe;

	while (times-- > 0)
		work();
	return 0;
}

int main(int argc, char **argv)
{
	static double ratios[MOST], best[2] = { 1e300, 1e300 };
	int rounds = argc > 1 ? atoi(argv[1]) : 200, round_us = argc > 2 ? atoi(argv[2]) : 3000;

	if (argc > 2 && (!strcmp(argv[1], "plain") || !strcmp(argv[1], "safe")))
		return only(argv[1], atoi(argv[2]));
	uint64_t expected = work_plain(), ns;
	int times = 1;
	double per_tick = ns_per_tick(), sum = 0;
	size_t n;

	if (rounds < 1 || rounds > MOST || round_us < 1)
		return 2;
	ns = now_ns();
	for (int i = 0; i < 10; i++)
		timed(work_plain, 1, expected), timed(work_safe, 1, expected);
	ns = (now_ns() - ns) / 20 + 1;
	times = (int)((uint64_t)round_us * 1000 / ns) + 1;

	for (int i = 0; i < rounds; i++) {
		double t[2];

		t[i & 1] = timed(i & 1 ? work_safe : work_plain, times, expected);
		t[!(i & 1)] = timed(i & 1 ? work_plain : work_safe, times, expected);
		ratios[i] = t[1] / t[0] - 1;
		for (int side = 0; side < 2; side++)
			best[side] = t[side] < best[side] ? t[side] : best[side];
	}
	qsort(ratios, (size_t)rounds, sizeof(*ratios), compare);

	word = 1;
	last = ticks();
	while (passed < GAPS / 4)
		if (work_safe() != expected)
			return 1;
	word = 0;
	n = passed < GAPS ? passed : GAPS;
	for (size_t i = 1; i < n; i++)
		sum += (double)gaps[i];
	qsort(gaps + 1, n - 1, sizeof(*gaps), compare_u64);
	printf("{\"overhead\":%.5f,\"quarter\":%.5f,\"three_quarters\":%.5f,\"best_to_best\":%.5f,"
	       "\"rounds\":%d,\"gap_ns\":{\"mean\":%.1f,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f}"
	       "}\n",
	       ratios[rounds / 2], ratios[rounds / 4], ratios[rounds * 3 / 4],
	       best[1] / best[0] - 1, rounds, sum / (double)(n - 1) * per_tick,
	       (double)gaps[n / 2] * per_tick, (double)gaps[n - n / 100 - 1] * per_tick,
	       (double)gaps[n - n / 1000 - 1] * per_tick);
	return 0;
}
