// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_service.c - what shuntd makes of the sums that cores count: rates, and how many were late
 */
/* link: agent/service.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/service.h"

#include <cmocka.h>

#define TICK_NS 1e7

static struct service s;
static struct shunt_agent_class out;
static struct sums at;

static int set_up(void **state)
{
	s = (struct service){ 0 };
	out = (struct shunt_agent_class){ 0 };
	at = (struct sums){ 0 };
	return 0;
}

/* So many ticks, in each of which so many requests end, and so many of these late. */
static void ticks(int n, __u64 ended, __u64 late)
{
	for (int i = 0; i < n; i++) {
		at.ended += ended;
		at.late += late;
		service_tick(&s, at, TICK_NS, 1, &out);
	}
}

static void late_requests_are_told_a_second_like_all_that_ended(void **state)
{
	ticks(1000, 100, 10);
	assert_in_range(out.rate, 9990, 10010);
	assert_in_range(out.late_rate, 995, 1005);
}

static void the_share_of_late_ones_is_that_of_the_last_second(void **state)
{
	ticks(1000, 100, 100);
	assert_int_equal(out.late_rate, out.rate);
	ticks(100, 100, 0);
	assert_in_range(out.late_rate, out.rate * 0.3, out.rate * 0.45);
	ticks(400, 100, 0);
	assert_in_range(out.late_rate, 0, out.rate / 100);
}

/* A worker may write anything into its view. */
static void no_more_are_late_than_ended(void **state)
{
	ticks(100, 100, 1000000);
	assert_int_equal(out.late_rate, out.rate);
	at.late = 0; /* and back */
	ticks(1, 100, 0);
	assert_in_range(out.late_rate, 0, out.rate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(late_requests_are_told_a_second_like_all_that_ended, set_up),
		cmocka_unit_test_setup(the_share_of_late_ones_is_that_of_the_last_second, set_up),
		cmocka_unit_test_setup(no_more_are_late_than_ended, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
