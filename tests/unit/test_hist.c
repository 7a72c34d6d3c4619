// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_hist.c - the buckets of the shared histograms
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <shunt/abi.h>

#include "tests/rng.h"

#define TOP (1ULL << SHUNT_HIST_TOP)

static void test_a_time_is_in_the_bucket_whose_ends_are_around_it(void **state)
{
	struct rng r = { 1 };

	for (int i = 0; i < 1000000; i++) {
		__u64 ns = rng_next(&r) >> (64 - SHUNT_HIST_TOP + i % SHUNT_HIST_TOP);
		__u32 b = shunt_hist_bucket(ns);

		assert_in_range(b, 0, SHUNT_HIST_BUCKETS - 1);
		assert_true(shunt_hist_floor(b) <= ns);
		assert_true(b == SHUNT_HIST_BUCKETS - 1 || ns < shunt_hist_floor(b + 1));
	}
}

static void test_a_bucket_is_wrong_by_6_25_percent_at_most(void **state)
{
	for (__u32 b = 0; b < SHUNT_HIST_BUCKETS; b++) {
		__u64 low = shunt_hist_floor(b),
		      high = b + 1 < SHUNT_HIST_BUCKETS ? shunt_hist_floor(b + 1) : TOP;

		assert_int_equal(shunt_hist_bucket(low), b);
		assert_int_equal(shunt_hist_bucket(high - 1), b);
		assert_true((high - 1 - low) * 16 <= low);
	}
}

static void test_what_is_beyond_the_top_is_in_the_last_bucket(void **state)
{
	assert_int_equal(shunt_hist_bucket(TOP - 1), SHUNT_HIST_BUCKETS - 1);
	assert_int_equal(shunt_hist_bucket(TOP), SHUNT_HIST_BUCKETS - 1);
	assert_int_equal(shunt_hist_bucket(~0ULL), SHUNT_HIST_BUCKETS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_time_is_in_the_bucket_whose_ends_are_around_it),
		cmocka_unit_test(test_a_bucket_is_wrong_by_6_25_percent_at_most),
		cmocka_unit_test(test_what_is_beyond_the_top_is_in_the_last_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
