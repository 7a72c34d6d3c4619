// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_clock.c - a core's clock where the CPU is taken away in the middle of setting it right
 */
/* link: hostlib/clock.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/internal.h"

static uint64_t away_ns; /* before the next look at the real clock */

static uint64_t real_ns(void)
{
	struct timespec t;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The C library's, for clock.c. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	for (uint64_t end = real_ns() + away_ns; away_ns && real_ns() < end;)
		;
	away_ns = 0;
	return syscall(SYS_clock_gettime, clock, t);
}

/* Reads the clock until it has a rate that it trusts;
 * false: it has none here, or the machine is too busy. */
static bool settle(struct core *c)
{
	for (uint64_t end = real_ns() + 8000000000ULL; !c->clock.span && real_ns() < end;)
		core_clock(c);
	return c->clock.span;
}

/* The longer the last anchor is ago, the longer a look may take before its rate looks wrong. */
static void test_a_cpu_that_is_taken_away_leaves_no_clock_ahead(void **state)
{
	struct core *c = aligned_alloc(_Alignof(struct core), sizeof(*c));

	memset(c, 0, sizeof(*c));
#if defined(__x86_64__)
	if (!settle(c)) {
		free(c);
		print_message("skip: no counter that runs evenly\n");
		skip();
	}
	for (int i = 0; i < 3; i++) {
		uint64_t told, now;

		usleep(200000);
		away_ns = 150000;
		core_clock(c);
		for (int k = 0; k < 100; k++) {
			told = core_clock(c);
			now = real_ns();
			assert_true(told <= now + 5000);
		}
		assert_true(settle(c));
	}
	free(c);
#else
	free(c);
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_cpu_that_is_taken_away_leaves_no_clock_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
