// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_darc.c - darc: a class keeps to the cores that its part of the work comes to
 */
/* link: tests/prog/by_hand.c tests/prog/ingress.c tests/prog/native.c */
#include "by_hand.h"

static void darc_keeps_classes_to_their_cores(void **state)
{
	ingress_up(g, 0xf);
	v->knob[1] = 0xc;
	v->idle = 0x3;
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), 0);
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), HOLD);
	v->idle = 0xb;
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 3);
	assert_int_equal(selects(1 << 1, 0), GO_ON);
	assert_int_equal(selects(1 << 1, 2), 1);
	assert_int_equal(selects(1 << 1 | 1 << 2, 0), 2);
	assert_int_equal(selects(1 << 1 | 1 << 2, 3), 1);
	assert_int_equal(selects(1 << 0 | 1 << 1, 3), 0);
}

static void darc_opens_all_cores_to_a_class_whose_own_are_down(void **state)
{
	ingress_up(g, 0x3);
	v->knob[1] = 0xc;
	v->idle = 0x2;
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 1);
	assert_int_equal(selects(1 << 1, 0), 1);
}

static void darc_reserves_cores_by_the_part_of_work_of_the_shortest(void **state)
{
	ingress_up(g, 0xff0);
	served(0, 8000, 10);
	served(1, 80, 1000);
	assert_int_equal(planned(0), 0xff0);
	assert_int_equal(planned(1), 0xf00); /* half of the work, half of the cores */
	served(1, 560, 1000); /* an eighth of the work is class 0's */
	assert_int_equal(planned(1), 0xfe0);
	served(1, 246, 1000); /* 1.97 cores of 8 */
	assert_int_equal(planned(1), 0xfc0);
	served(1, 340, 1000); /* 1.52 */
	assert_int_equal(planned(1), 0xfc0);
	served(1, 350, 1000); /* 1.49 */
	assert_int_equal(planned(1), 0xfe0);
}

static void darc_reserves_one_core_at_least_and_leaves_one(void **state)
{
	ingress_up(g, 0xff);
	served(0, 1, 1);
	served(1, 8000, 1000);
	assert_int_equal(planned(1), 0xfe);
	served(0, 8000000, 1);
	served(1, 1, 2000);
	assert_int_equal(planned(1), 0x80);
	served(2, 1, 500000); /* the one that is left is for both */
	assert_int_equal(planned(1), 0x80);
	assert_int_equal(planned(2), 0x80);
	ingress_up(g, 0x4);
	assert_int_equal(planned(0), 0x4);
	assert_int_equal(planned(2), 0x4);
}

static void darc_goes_by_service_times_and_not_by_the_order_of_classes(void **state)
{
	ingress_up(g, 0xf);
	v->idle = 0x2;
	served(0, 100, 1000);
	served(1, 10000, 10);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(0), 0xc);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), HOLD);
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 1);
	assert_int_equal(selects(0x3, 0), 1);
	assert_int_equal(selects(0x3, 3), 1); /* the shortest first */
	assert_int_equal(selects(0x1, 0), GO_ON);
	assert_int_equal(selects(0x1, 2), 0);
}

static void darc_lets_classes_share_whose_times_are_within_a_factor_of_2(void **state)
{
	ingress_up(g, 0xf);
	served(0, 5000, 10);
	served(1, 2500, 20);
	served(2, 100, 1000);
	assert_int_equal(planned(0), 0xf);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(2), 0xc);
	served(1, 2500, 21);
	assert_int_equal(planned(1), 0xe);
}

static void darc_reserves_nothing_for_what_does_not_come_or_is_new(void **state)
{
	ingress_up(g, 0xf);
	served(0, 0, 1);
	served(1, 100, 100);
	served(3, 10, 1000);
	assert_int_equal(planned(0), 0xf);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(2), 0);
	assert_int_equal(planned(3), 0xc);
	assert_int_equal(selects(1 << 2, 0), 2);
	served(1, 0, 100);
	served(3, 0, 1000);
	assert_int_equal(planned(3), 0xf); /* nobody's work is known */
}

static void darc_takes_a_knob_in_place_of_its_plan(void **state)
{
	ingress_up(g, 0xf);
	served(0, 10000, 10);
	served(1, 100, 1000);
	assert_int_equal(planned(1), 0xc);
	assert_int_equal(selects(1 << 1, 0), GO_ON);
	v->knob[1] = 0x1;
	assert_int_equal(selects(1 << 1, 0), 1);
	assert_int_equal(selects(1 << 1, 3), GO_ON);
	assert_int_equal(planned(1), 0xc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST("darc", darc_keeps_classes_to_their_cores),
		POLICY_TEST("darc", darc_opens_all_cores_to_a_class_whose_own_are_down),
		POLICY_TEST("darc", darc_reserves_cores_by_the_part_of_work_of_the_shortest),
		POLICY_TEST("darc", darc_reserves_one_core_at_least_and_leaves_one),
		POLICY_TEST("darc", darc_goes_by_service_times_and_not_by_the_order_of_classes),
		POLICY_TEST("darc", darc_lets_classes_share_whose_times_are_within_a_factor_of_2),
		POLICY_TEST("darc", darc_reserves_nothing_for_what_does_not_come_or_is_new),
		POLICY_TEST("darc", darc_takes_a_knob_in_place_of_its_plan),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
