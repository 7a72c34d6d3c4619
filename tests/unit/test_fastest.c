// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_fastest.c - how fast a CPU is, whatever slows most of the runs by which that is found
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "apps/fastest.h"

#define MS 1000000ULL
#define RUN_NS 20000ULL

static struct fastest f;
static uint64_t now;

static int begin(void **state)
{
	f = (struct fastest){ 0 };
	now = 5 * MS;
	return 0;
}

/* Runs at this rate for so long, each a little slower than the speed; false: it was not sure. */
static bool run(double rate, uint64_t ns)
{
	for (uint64_t end = now + ns; now < end && !fastest_is_sure(&f);) {
		now += RUN_NS;
		fastest_add(&f, rate * (1 - 0.0003 * (now / RUN_NS % 3)), now);
	}
	return fastest_is_sure(&f);
}

static void test_a_cpu_alone_is_known_after_100_ms(void **state)
{
	assert_false(run(1.0, 99 * MS));
	assert_true(run(1.0, 5 * MS));
	assert_true(fabs(f.rate - 1.0) < 0.001);
}

static void test_a_neighbour_that_slows_all_runs_for_a_while_does_not_count(void **state)
{
	assert_false(run(0.86, 90 * MS));
	assert_true(run(1.0, 200 * MS));
	assert_true(fabs(f.rate - 1.0) < 0.001);
}

static void test_one_run_in_fifty_at_full_speed_is_enough(void **state)
{
	while (!run(0.9, 49 * RUN_NS) && !run(1.0, RUN_NS))
		assert_false(fastest_is_late(&f, now));
	assert_true(fabs(f.rate - 1.0) < 0.001);
}

/* Seven times over 100 ms, then nothing but slower ones. */
static void test_a_speed_that_came_too_seldom_is_not_believed(void **state)
{
	for (int i = 0; i < FASTEST_TIMES - 1; i++) {
		run(1.0, RUN_NS);
		assert_false(run(0.9, 20 * MS));
	}
	assert_false(run(0.9, 300 * MS));
}

static void test_after_a_second_the_fastest_so_far_is_taken(void **state)
{
	run(1.0, RUN_NS);
	assert_false(run(0.9, 998 * MS));
	assert_false(fastest_is_late(&f, now));
	run(0.9, 5 * MS);
	assert_true(fastest_is_late(&f, now));
	assert_true(fabs(f.rate - 1.0) < 0.001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_cpu_alone_is_known_after_100_ms, begin),
		cmocka_unit_test_setup(
			test_a_neighbour_that_slows_all_runs_for_a_while_does_not_count, begin),
		cmocka_unit_test_setup(test_one_run_in_fifty_at_full_speed_is_enough, begin),
		cmocka_unit_test_setup(test_a_speed_that_came_too_seldom_is_not_believed, begin),
		cmocka_unit_test_setup(test_after_a_second_the_fastest_so_far_is_taken, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
