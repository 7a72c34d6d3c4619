// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_pace.c - how often loads are published, and when equal ones are
 */
/* link: agent/pace.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/pace.h"

#define US 1000ULL

static void rounds(struct pace *p, int n, __u64 late_ns, __u64 message_ns, __u64 mean_ns)
{
	for (int i = 0; i < n; i++)
		pace_note(p, late_ns, message_ns, mean_ns);
}

static void the_period_follows_the_services(void **state)
{
	struct pace p = { 0 };

	assert_int_equal(pace_period(&p, 0), PACE_BLIND_NS);
	assert_int_equal(pace_period(&p, 1 * US), PACE_MIN_NS);
	assert_int_equal(pace_period(&p, 100 * US), 500 * US);
	assert_int_equal(pace_period(&p, 1000000 * US), PACE_MAX_NS);
}

static void a_card_has_half_of_its_time_for_others(void **state)
{
	struct pace p = { .fixed_ns = 10 * US };

	rounds(&p, 100, 0, 40 * US, 100 * US);
	assert_in_range(pace_period(&p, 100 * US), 78 * US, 80 * US);
}

static void loads_that_are_fresh_enough_are_published(void **state)
{
	struct pace p = { 0 };

	rounds(&p, 1000, 20 * US, 25 * US, 10 * US);
	assert_false(p.behind);
	assert_in_range(pace_age(&p, 10 * US), 85 * US, 95 * US);
}

static void a_slow_card_gets_equal_loads_until_it_is_fast_again(void **state)
{
	struct pace p = { 0 };

	rounds(&p, 100, 10 * US, 25 * US, 10 * US);
	rounds(&p, 100, 10 * US, 200 * US, 10 * US);
	assert_true(p.behind);
	rounds(&p, 100, 10 * US, 42 * US, 10 * US); /* 136 us: between the two bounds */
	assert_true(p.behind);
	rounds(&p, 100, 10 * US, 25 * US, 10 * US);
	assert_false(p.behind);
}

static void a_publisher_without_a_cpu_gets_equal_loads(void **state)
{
	struct pace p = { 0 };

	rounds(&p, 100, 10000 * US, 10 * US, 10 * US);
	assert_true(p.behind);
}

static void one_long_delay_changes_nothing(void **state)
{
	struct pace p = { 0 };

	rounds(&p, 100, 20 * US, 25 * US, 10 * US);
	pace_note(&p, 8000 * US, 25 * US, 10 * US);
	assert_false(p.behind);
	rounds(&p, 20, 20 * US, 25 * US, 10 * US);
	pace_note(&p, 20 * US, 8000 * US, 10 * US);
	assert_false(p.behind);
}

static void who_does_not_know_services_is_never_behind(void **state)
{
	struct pace p = { 0 };

	rounds(&p, 100, 1000 * US, 1000 * US, 10 * US);
	assert_true(p.behind);
	pace_note(&p, 0, 0, 0);
	assert_false(p.behind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_period_follows_the_services),
		cmocka_unit_test(a_card_has_half_of_its_time_for_others),
		cmocka_unit_test(loads_that_are_fresh_enough_are_published),
		cmocka_unit_test(a_slow_card_gets_equal_loads_until_it_is_fast_again),
		cmocka_unit_test(a_publisher_without_a_cpu_gets_equal_loads),
		cmocka_unit_test(one_long_delay_changes_nothing),
		cmocka_unit_test(who_does_not_know_services_is_never_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
