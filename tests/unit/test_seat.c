// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat.c - the word of a seat, and its moves: from every word that few domains can make, by
 * every move, also those that are none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <shunt/seat.h>

#include "tests/rng.h"

#define FEW 4 /* domains, of which every set is tried */
#define SETS (1u << FEW)

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

/* A turn, and flags: what a move must carry over. */
static const struct {
	__u32 turn;
	__u8 flags;
} rest[] = { { 0, 0 }, { 41, SHUNT_SEAT_ASLEEP }, { ~0u, 0 } };

struct word {
	__u64 word;
	__u32 on, wants, turn;
	__u8 flags;
};

static void for_each_word(void (*try)(const struct word *w))
{
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		for (__u32 on = 0; on <= FEW; on++) {
			for (__u32 wants = 0; wants < SETS; wants++) {
				__u32 turn = rest[i].turn;
				__u8 flags = rest[i].flags;
				struct word w = { SHUNT_SEAT(turn, flags, on, wants), on, wants,
						  turn, flags };

				try(&w);
			}
		}
	}
}

static bool has(__u32 set, __u32 domain)
{
	return set >> domain & 1;
}

static void check_next(__u32 set, __u32 after, __u32 next)
{
	assert_true(has(set, next));
	for (__u32 k = 1; k <= FEW; k++) {
		__u32 d = (after + k) % FEW;

		if (has(set, d)) {
			assert_int_equal(next, d);
			return;
		}
	}
	fail();
}

static void test_the_next_is_the_first_that_wants_in_turn(void **state)
{
	for (__u32 set = 1; set < SETS; set++) {
		for (__u32 after = 0; after < FEW; after++)
			check_next(set, after, shunt_seat_next(set, after));
	}
	assert_int_equal(shunt_seat_next(1, SHUNT_DOMAINS - 1), 0);
	assert_int_equal(shunt_seat_next(1u << (SHUNT_DOMAINS - 1), 0), SHUNT_DOMAINS - 1);
}

static void assert_move(const struct word *w, __u64 now, __u32 on)
{
	assert_int_equal(SHUNT_SEAT_ON(now), on);
	assert_int_equal(SHUNT_SEAT_TURN(now), w->turn + 1);
	assert_int_equal(SHUNT_SEAT_FLAGS(now), 0); /* who is given the seat is awake */
}

/* Bits of domains that the move does not name. */
static void assert_kept(const struct word *w, __u64 now, __u32 but)
{
	assert_int_equal(SHUNT_SEAT_WANTS(now) & ~but, w->wants & ~but);
}

static void try_leave(const struct word *w, __u32 barred, __u32 hungry, __u32 d, __u32 to, int more)
{
	__u64 now = shunt_seat_leave(w->word, barred, hungry, d, to, more);

	if (w->on != d + 1 || w->flags || to == d || to >= FEW || !has(w->wants | hungry, to) ||
	    has(barred, to)) {
		assert_int_equal(now, 0);
		return;
	}
	assert_move(w, now, to + 1);
	assert_false(has(SHUNT_SEAT_WANTS(now), to));
	assert_int_equal(has(SHUNT_SEAT_WANTS(now), d), more);
	assert_kept(w, now, 1u << to | 1u << d);
}

static void try_every_leave(const struct word *w)
{
	for (__u32 sets = 0; sets < SETS * SETS; sets++) {
		__u32 barred = sets % SETS, hungry = sets / SETS;

		for (__u32 d = 0; d < FEW; d++) {
			for (__u32 to = 0; to <= FEW; to++) {
				try_leave(w, barred, hungry, d, to, 0);
				try_leave(w, barred, hungry, d, to, 1);
			}
			try_leave(w, barred, hungry, d, SHUNT_DOMAINS, 1);
		}
	}
}

static void test_only_who_is_on_and_awake_leaves_and_only_to_one_that_wants_and_may(void **state)
{
	for_each_word(try_every_leave);
}

static void try_every_sleep(const struct word *w)
{
	for (__u32 barred = 0; barred < SETS; barred++) {
		for (__u32 d = 0; d < FEW; d++) {
			__u64 now = shunt_seat_sleep(w->word, barred, d);

			if (w->on != d + 1 || w->flags || w->wants & ~barred & ~(1u << d))
				assert_int_equal(now, 0);
			else /* and all else is as it was */
				assert_true(now == SHUNT_SEAT(w->turn, SHUNT_SEAT_ASLEEP, w->on,
							      w->wants));
		}
	}
}

static void test_only_who_is_on_puts_a_seat_to_sleep_and_only_if_nobody_waits(void **state)
{
	for_each_word(try_every_sleep);
}

static void try_every_claim(const struct word *w)
{
	for (__u32 d = 0; d < FEW; d++) {
		__u64 now = shunt_seat_claim(w->word, d);

		if (w->on && !w->flags) {
			assert_int_equal(now, 0);
			continue;
		}
		assert_move(w, now, d + 1);
		assert_false(has(SHUNT_SEAT_WANTS(now), d));
		assert_kept(w, now, 1u << d);
	}
}

static void test_whoever_wants_takes_a_seat_that_sleeps_or_that_nobody_has(void **state)
{
	for_each_word(try_every_claim);
}

static void try_every_give(const struct word *w)
{
	for (__u32 on = 0; on <= FEW; on++) {
		for (__u32 back = 0; back < SETS; back++) {
			__u64 now = shunt_seat_give(w->word, on, back);
			__u32 gets = on ? 1u << (on - 1) : 0;

			assert_move(w, now, on);
			assert_int_equal(SHUNT_SEAT_WANTS(now), (w->wants | back) & ~gets);
		}
	}
}

static void test_whom_shuntd_gives_the_seat_wants_it_no_more(void **state)
{
	for_each_word(try_every_give);
}

static void try_others(const struct word *w)
{
	for (__u32 barred = 0; barred < SETS; barred++) {
		for (__u32 d = 0; d < FEW; d++)
			assert_int_equal(shunt_seat_others(w->word, barred, d),
					 w->wants & ~barred & ~(1u << d));
	}
}

static void test_a_domain_that_is_barred_counts_as_none_that_wants(void **state)
{
	for_each_word(try_others);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_word_says_what_was_put_into_it),
		cmocka_unit_test(test_wanting_a_seat_changes_nothing_else_of_its_word),
		cmocka_unit_test(test_the_next_is_the_first_that_wants_in_turn),
		cmocka_unit_test(
			test_only_who_is_on_and_awake_leaves_and_only_to_one_that_wants_and_may),
		cmocka_unit_test(test_only_who_is_on_puts_a_seat_to_sleep_and_only_if_nobody_waits),
		cmocka_unit_test(test_whoever_wants_takes_a_seat_that_sleeps_or_that_nobody_has),
		cmocka_unit_test(test_whom_shuntd_gives_the_seat_wants_it_no_more),
		cmocka_unit_test(test_a_domain_that_is_barred_counts_as_none_that_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
