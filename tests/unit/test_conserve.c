// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_conserve.c - the conservation line has every end
 * that a request may have, and every place where it may be
 */
/* link: loader/conserve.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/conserve.h"

#include <cmocka.h> /* last: its fail() is a macro */

static struct sums s;

/* Each term of its own, of two classes. */
static void fill(void)
{
	s = (struct sums){ .core_refused = 5, .on_cores = 70, .held_running = 8,
			       .deferred_held = 9 };
	s.preempt.parked_held = 6;
	s.cls[0] = (struct class_sums){ .replied = 1000, .noreply = 200, .lost = 30, .waiting = 11,
				    .deferred = 12 };
	s.cls[1] = (struct class_sums){ .replied = 2000, .expired = 40, .refused = 3, .running = 8,
				    .parked = 6 };
	s.in.cls[0] = (struct shunt_ingress_class){ .rejected = 13, .dropped = 14, .limit = 7 };
	s.in.cls[1] = (struct shunt_ingress_class){ .passed = 15 };
	s.in.cls[0].arrived = 1000 + 200 + 30 + 13 + 14 + 11 + 9;
	s.in.cls[1].arrived = 2000 + 40 + 3 + 15 + 5 + 70 + 8 + 6;
}

static void test_the_line_closes(void **state)
{
	struct conserved sum;

	fill();
	conserve(&s, &sum);
	assert_int_equal(sum.in_flight, 11 + 70 + 8 + 6 + 9);
	assert_int_equal(sum.difference, 0);
}

/* A held one is in no ring and on no core; a steered one is on its core until it is done. */
static void test_a_deferred_request_is_in_flight_once(void **state)
{
	struct conserved sum;

	fill();
	s.in.cls[0].arrived++;
	s.cls[0].deferred++;
	s.deferred_held++;
	conserve(&s, &sum);
	assert_int_equal(sum.difference, 0);
	s.in.cls[0].arrived++;
	s.cls[0].deferred++;
	s.on_cores++;
	conserve(&s, &sum);
	assert_int_equal(sum.difference, 0);
	assert_int_equal(sum.t.deferred, 14);
}

static void test_what_is_nowhere_is_the_difference(void **state)
{
	struct conserved sum;

	fill();
	s.in.cls[1].arrived += 3;
	conserve(&s, &sum);
	assert_int_equal(sum.difference, 3);
	s.cls[0].lost += 5;
	conserve(&s, &sum);
	assert_int_equal(sum.difference, -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_line_closes),
		cmocka_unit_test(test_a_deferred_request_is_in_flight_once),
		cmocka_unit_test(test_what_is_nowhere_is_the_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
