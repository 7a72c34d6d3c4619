// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_mem_policy.c - policies of memory: what they learn of batches whose use is known
 */
/* link: lib/mem/policy.c lib/mem/threshold.c lib/mem/sol.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/mem/beta.h"
#include "../../lib/mem/policy.h"

#define BATCHES 64

/* A batch that is used each "period" scans (0: never), and what the policy did with it. */
struct use {
	unsigned int period;
	struct mem_own own;
	__u16 idle;
	bool cold, marked, out;
	unsigned int cooled, went, returns, goes_at; /* idle, when it went last */
};

static void scan(const struct mem_policy *p, struct mem_all *all, struct use *u, unsigned int now)
{
	bool used = u->period && now % u->period == 0;
	bool back = u->out && used;
	struct mem_view v = { .rss_kib = u->out && !back ? 0 : 256, .was_cold = u->cold,
			      .came_back = back };
	unsigned int what;

	u->marked |= used;
	v.used_kib = u->marked ? 4 : 0;
	u->idle = u->cold && !u->marked ? (u->idle < MEM_MOST_SCANS ? u->idle + 1 : u->idle) : 0;
	v.idle = u->idle;
	u->returns += back;
	u->out &= !back;
	what = p->batch(all, &u->own, &v);
	u->cooled += what & MEM_COOL && u->marked;
	u->marked &= !(what & MEM_COOL);
	u->cold = what & MEM_COOL || u->idle;
	if (what & MEM_GOES && !u->out) {
		u->out = true;
		u->went++;
		u->goes_at = u->idle;
	}
}

/* Many alike; the sums. */
static struct use many(const struct mem_policy *p, struct mem_all *all, unsigned int period,
		       unsigned int from, unsigned int scans)
{
	static struct use u[BATCHES];
	struct use sum = { 0 };

	for (int i = 0; i < BATCHES; i++) {
		if (!from)
			u[i] = (struct use){ 0 };
		u[i].period = period;
		u[i].cooled = u[i].went = u[i].returns = 0;
		for (unsigned int s = from; s < from + scans; s++)
			scan(p, all, &u[i], s + i);
		sum.cooled += u[i].cooled;
		sum.went += u[i].went;
		sum.returns += u[i].returns;
		sum.out += u[i].out;
		sum.goes_at += u[i].goes_at;
	}
	return sum;
}

static void test_policies_are_found_by_their_names(void **state)
{
	assert_ptr_equal(mem_policy_find("threshold"), &mem_threshold);
	assert_ptr_equal(mem_policy_find("sol"), &mem_sol);
	assert_null(mem_policy_find("so"));
	assert_string_equal(mem_policy_name(1), "sol");
	assert_null(mem_policy_name(2));
}

/* Mean a / (a + b), variance ab / ((a + b)² (a + b + 1)). */
static void test_draws_have_mean_and_variance_of_beta_distributions(void **state)
{
	static const unsigned int cases[][2] = { { 1, 1 }, { 1, 17 }, { 17, 1 }, { 3, 5 },
						 { 17, 5 }, { 40, 24 } };
	__u64 random = 7;
	int n = 20000;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double a = cases[i][0], b = cases[i][1], sum = 0, squares = 0, mean, var;

		for (int k = 0; k < n; k++) {
			double x = (double)beta_draw(&random, a, b) / BETA_ONE;

			sum += x;
			squares += x * x;
		}
		mean = a / (a + b);
		var = a * b / ((a + b) * (a + b) * (a + b + 1));
		assert_true(sum / n > mean - 0.01 && sum / n < mean + 0.01);
		squares = squares / n - sum / n * sum / n;
		assert_true(squares > 0.93 * var && squares < 1.07 * var);
	}
}

static void test_what_is_never_used_goes_and_sooner_once_others_have_shown_it(void **state)
{
	struct use first, second;
	struct mem_all all;

	mem_sol.begin(&all, 16, 1);
	first = many(&mem_sol, &all, 0, 0, 80);
	second = many(&mem_sol, &all, 0, 0, 80); /* of the same process */
	assert_int_equal(first.out, 1);
	assert_int_equal(first.went, BATCHES);
	assert_int_equal(second.went, BATCHES);
	assert_true(second.goes_at < first.goes_at);
	assert_true(second.goes_at < 3 * BATCHES); /* the first scan that may tell */
}

static void test_what_is_used_all_the_time_never_goes_and_is_made_cold_seldom(void **state)
{
	struct mem_all all;
	struct use sum;

	mem_sol.begin(&all, 16, 1);
	many(&mem_sol, &all, 1, 0, 320);
	sum = many(&mem_sol, &all, 1, 320, 320);
	assert_int_equal(sum.went, 0);
	assert_true(sum.cooled < BATCHES * 320 / 8);
	assert_true(sum.cooled >= BATCHES * 320 / 32 - BATCHES);
	mem_threshold.begin(&all, 3, 1);
	sum = many(&mem_threshold, &all, 1, 0, 320);
	assert_int_equal(sum.cooled, BATCHES * 320); /* which is what this saves */
}

static void test_what_comes_back_soon_each_time_stays_once_that_is_known(void **state)
{
	struct mem_all all;
	struct use first, later;

	mem_sol.begin(&all, 16, 1);
	first = many(&mem_sol, &all, 8, 0, 100);
	later = many(&mem_sol, &all, 8, 100, 400);
	assert_true(later.returns * 4 < first.returns * 4 + BATCHES);
	assert_true(later.returns < BATCHES * (400 / 8) / 50); /* of the times that it could */
}

static void test_what_stays_away_for_long_goes_each_time(void **state)
{
	struct mem_all all;
	struct use sum;

	mem_sol.begin(&all, 16, 1);
	many(&mem_sol, &all, 100, 0, 400);
	sum = many(&mem_sol, &all, 100, 400, 1000);
	assert_true(sum.went > BATCHES * 8);
}

static void test_a_batch_that_was_used_stays_until_it_was_unused_again(void **state)
{
	struct mem_all all;
	struct mem_own own = { 0 };
	struct mem_view v = { .rss_kib = 256, .was_cold = true };
	unsigned int what = 0;

	mem_sol.begin(&all, 1, 1);
	for (v.idle = 1; !(what & MEM_GOES); v.idle++)
		what = mem_sol.batch(&all, &own, &v);
	v = (struct mem_view){ .rss_kib = 256, .used_kib = 4, .was_cold = true };
	assert_false(mem_sol.batch(&all, &own, &v) & MEM_GOES);
}

/* Any sequence, such as no scan gives, too. */
static void test_counts_stay_within_their_bounds_whatever_is_seen(void **state)
{
	struct mem_all all;
	struct mem_own own = { 0 };
	__u64 x = 1;

	mem_sol.begin(&all, 64, 3);
	for (int i = 0; i < 200000; i++) {
		struct mem_view v = { .rss_kib = 256 };

		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		v.idle = x >> 40 & 1 ? x >> 50 & 63 : 64;
		v.idle = x >> 41 & 1 ? v.idle : 0;
		v.used_kib = v.idle ? 0 : 4;
		v.was_cold = x >> 42 & 1;
		mem_sol.batch(&all, &own, &v);
		for (int k = 0; k < 6; k++) /* cases of an interval, for and against */
			assert_true(own.b[k] + own.b[6 + k] <= 56);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies_are_found_by_their_names),
		cmocka_unit_test(test_draws_have_mean_and_variance_of_beta_distributions),
		cmocka_unit_test(test_what_is_never_used_goes_and_sooner_once_others_have_shown_it),
		cmocka_unit_test(test_what_is_used_all_the_time_never_goes_and_is_made_cold_seldom),
		cmocka_unit_test(test_what_comes_back_soon_each_time_stays_once_that_is_known),
		cmocka_unit_test(test_what_stays_away_for_long_goes_each_time),
		cmocka_unit_test(test_a_batch_that_was_used_stays_until_it_was_unused_again),
		cmocka_unit_test(test_counts_stay_within_their_bounds_whatever_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
