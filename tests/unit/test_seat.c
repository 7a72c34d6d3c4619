// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat.c - the word of a seat: each part is where the others are not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <shunt/abi.h>

#include "tests/rng.h"

static void test_a_word_says_what_was_put_into_it(void **state)
{
	struct rng r = { 1 };

	for (int i = 0; i < 100000; i++) {
		__u64 x = rng_next(&r), word = SHUNT_SEAT(x, x >> 32, x >> 40, x >> 48);

		assert_int_equal(SHUNT_SEAT_TURN(word), (__u32)x);
		assert_int_equal(SHUNT_SEAT_FLAGS(word), (__u8)(x >> 32));
		assert_int_equal(SHUNT_SEAT_ON(word), (__u8)(x >> 40));
		assert_int_equal(SHUNT_SEAT_WANTS(word), (__u16)(x >> 48));
	}
}

/* XDP sets it by fetch-or, whatever else is in the word. */
static void test_wanting_a_seat_changes_nothing_else_of_its_word(void **state)
{
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		__u64 word = SHUNT_SEAT(7, SHUNT_SEAT_ASLEEP, 3, 0) | SHUNT_SEAT_WANT(d);

		assert_int_equal(SHUNT_SEAT_WANTS(word), 1 << d);
		assert_true(SHUNT_SEAT_TURN(word) == 7 &&
			    SHUNT_SEAT_FLAGS(word) == SHUNT_SEAT_ASLEEP);
		assert_int_equal(SHUNT_SEAT_ON(word), 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_word_says_what_was_put_into_it),
		cmocka_unit_test(test_wanting_a_seat_changes_nothing_else_of_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
