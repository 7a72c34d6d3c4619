// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_sim_timers.c - what clients of the simulator wait for,
 * beside the same by searching all; shapes of rates, there
 *                     and back
 */
/* link: sim/rates.c sim/dist.c sim/open.c lib/why.c */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../sim/rates.h"
#include "../../sim/slab.h"
#include "../../sim/timers.h"

#define PARTS 200
#define STEPS 200000

static tick at[PARTS + 1]; /* 0: none */

static uint32_t earliest(void)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i <= PARTS; i++) {
		if (at[i] && (!best || at[i] < at[best]))
			best = i;
	}
	return best;
}

static void timers_come_in_order_whatever_is_set_and_stopped(void **state)
{
	struct timers t = { 0 };
	uint32_t part, first;

	srandom(1);
	for (uint32_t i = 1; i <= PARTS; i++)
		timers_part(&t, i);
	for (int step = 0; step < STEPS; step++) {
		part = 1 + random() % PARTS;
		switch (random() % 4) {
		case 0:
		case 1:
			at[part] = 1 + (tick)random() % 1000 * 1000 + part; /* no two alike */
			timers_set(&t, at[part], part);
			break;
		case 2:
			at[part] = 0;
			timers_stop(&t, part);
			break;
		case 3:
			first = earliest();
			assert_int_equal(timers_next(&t), first ? at[first] : NEVER);
			if (!first)
				break;
			assert_int_equal(t.t[1].who, first);
			timers_take(&t, 1);
			at[first] = 0;
			break;
		}
	}
	timers_free(&t);
}

static void clients_and_parts_share_a_heap(void **state)
{
	struct timers t = { 0 };

	timers_part(&t, 1);
	timers_add(&t, 30, OF_CLIENT);
	timers_set(&t, 20, 1);
	timers_add(&t, 10, OF_CLIENT);
	timers_stop(&t, 1);
	timers_stop(&t, 1); /* it has none */
	assert_int_equal(t.n, 2);
	assert_int_equal(timers_next(&t), 10);
	timers_take(&t, 1);
	assert_int_equal(timers_next(&t), 30);
	timers_free(&t);
}

static void what_was_given_back_is_taken_again_and_empty(void **state)
{
	struct slab s = { .size = 24 };
	uint32_t a, b;

	for (uint32_t i = 1; i <= 1000; i++) {
		assert_int_equal(slab_take(&s), i);
		memset(slab_at(&s, i), 0xff, s.size);
	}
	slab_give(&s, 7);
	slab_give(&s, 999);
	a = slab_take(&s);
	b = slab_take(&s);
	assert_int_equal(a, 999);
	assert_int_equal(b, 7);
	for (size_t i = 0; i < s.size; i++)
		assert_int_equal(((char *)slab_at(&s, 7))[i], 0);
	assert_int_equal(slab_take(&s), 1001);
	free(s.at);
}

static const char *const shapes[] = {
	"steps(0s:1;10us:3;15us:0;20us:0.5)", "ramp(0us:0;10us:2;20us:0;30us:1)", "sine(7us;1)",
	"sine(13us;0.25)", "steps(5us:2)", "ramp(3us:1;4us:1000)",
};

static void constant_time_until_a_moment_leads_back_to_it(void **state)
{
	struct why why = { 0 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct shape_place p;
		struct shape s;
		double when = 0, before = -1, want, most;

		assert_int_equal(shape_parse(&s, shapes[i], &why), 0);
		shape_begin(&p, &s);
		most = shape_until(&s, 100e3);
		for (int k = 1; k <= 1000; k++) {
			want = most * k / 1000;
			when = shape_when(&p, want);
			assert_true(when >= before);
			assert_true(fabs(shape_until(&s, when) - want) < 1e-6 * most);
			before = when;
		}
		assert_true(fabs(when - 100e3) < 0.1);
		shape_free(&s);
	}
}

static void periods_that_nothing_comes_in_are_passed_at_once(void **state)
{
	struct why why = { 0 };
	struct shape_place p;
	struct shape s;

	assert_int_equal(shape_parse(&s, "sine(1ns;0.5)", &why), 0);
	shape_begin(&p, &s);
	assert_true(fabs(shape_when(&p, 1e12) - 1e12) < 1); /* 64e12 steps of it would take days */
	shape_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_come_in_order_whatever_is_set_and_stopped),
		cmocka_unit_test(clients_and_parts_share_a_heap),
		cmocka_unit_test(what_was_given_back_is_taken_again_and_empty),
		cmocka_unit_test(constant_time_until_a_moment_leads_back_to_it),
		cmocka_unit_test(periods_that_nothing_comes_in_are_passed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
