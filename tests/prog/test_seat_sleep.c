// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_sleep.c - a seat that sleeps: put to sleep by who is on and has nothing to do, taken by
 * who has a request first
 */
/* link: tests/prog/seats.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include <bpf/bpf.h>

#include "seats.h"

static bool asleep(void)
{
	return shunt_seat_sleeps(word());
}

static void put_to_sleep(__u32 domain)
{
	is_on(domain, 0);
	say(pair[domain], SHUNT_SEAT_SLEEP, word(), 0);
	assert_true(asleep());
	assert_true(woken(pair[!domain]));
}

static void who_is_on_puts_the_seat_to_sleep_and_wakes_the_other_one_for_that(void **state)
{
	__u64 was, since;

	is_on(OTHER, 0);
	was = word();
	since = all->seat[SEAT].since_ns;
	say(pair[OTHER], SHUNT_SEAT_SLEEP, was, 0);
	assert_true(woken(pair[HERE]));
	assert_true(asleep());
	assert_word(OTHER + 1, 0);
	assert_int_equal(SHUNT_SEAT_TURN(word()), SHUNT_SEAT_TURN(was));
	assert_true(all->seat[SEAT].since_ns == since);
	assert_int_equal(all->seat[SEAT].left, 0);
}

static void a_sleep_with_an_old_word_is_not_delivered(void **state)
{
	__u64 old;

	is_on(OTHER, 0);
	old = word();
	arrive(); /* its bit */
	say(pair[OTHER], SHUNT_SEAT_SLEEP, old, 0);
	assert_false(woken(pair[HERE]) || asleep());
	say(pair[OTHER], SHUNT_SEAT_SLEEP, word(), 0); /* somebody waits */
	assert_false(woken(pair[HERE]) || asleep());
	assert_word(OTHER + 1, bit(HERE));
}

static void only_who_is_on_puts_the_seat_to_sleep(void **state)
{
	is_on(HERE, 0);
	say(pair[OTHER], SHUNT_SEAT_SLEEP, word(), 0);
	say(ask[HERE][0], SHUNT_SEAT_SLEEP, word(), 0); /* the wrong socket */
	assert_false(asleep() || woken(pair[HERE]) || woken(ask[HERE][1]));
	put_to_sleep(HERE);
	say(pair[HERE], SHUNT_SEAT_SLEEP, word(), 0); /* once is enough */
	assert_false(woken(pair[OTHER]));
}

static void who_has_a_request_takes_a_seat_that_sleeps(void **state)
{
	for (__u32 on = 0; on < 2; on++) {
		for (__u32 who = 0; who < 2; who++) {
			__u32 turn;

			put_to_sleep(on);
			turn = SHUNT_SEAT_TURN(word());
			say(ask[who][0], SHUNT_SEAT_WANT, 0, 0);
			assert_false(asleep());
			assert_word(who + 1, 0);
			assert_int_equal(SHUNT_SEAT_TURN(word()), turn + 1);
		}
	}
}

static void who_comes_too_late_wants_it(void **state)
{
	put_to_sleep(OTHER);
	say(ask[OTHER][0], SHUNT_SEAT_WANT, 0, 0);
	say(ask[HERE][0], SHUNT_SEAT_WANT, 0, 0);
	assert_word(OTHER + 1, bit(HERE));
	assert_true(looks());
}

/* XDP need not know that the seat sleeps: the packet wakes its worker. The bit of a service that is
 * away is there for who takes the seat first. */
static void an_arrival_leaves_a_seat_asleep(void **state)
{
	put_to_sleep(OTHER);
	arrive();
	assert_true(asleep());
	assert_word(OTHER + 1, bit(HERE));
	say(ask[OTHER][0], SHUNT_SEAT_WANT, 0, 0);
	assert_word(OTHER + 1, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_word(HERE + 1, 0);
}

static void nobody_leaves_a_seat_that_sleeps(void **state)
{
	put_to_sleep(OTHER);
	arrive();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, bit(HERE));
}

/* The service's worker is gone: the one that gets the seat is awake. */
static void a_give_wakes_the_seat(void **state)
{
	put_to_sleep(OTHER);
	is_on(HERE, 0);
	assert_false(asleep());
	put_to_sleep(OTHER);
	order((struct shunt_seat_order){ .give = 1, .from = OTHER + 1, .to = SHUNT_SEAT_NOBODY });
	assert_false(asleep());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(who_is_on_puts_the_seat_to_sleep_and_wakes_the_other_one_for_that),
		SEAT_TEST(a_sleep_with_an_old_word_is_not_delivered),
		SEAT_TEST(only_who_is_on_puts_the_seat_to_sleep),
		SEAT_TEST(who_has_a_request_takes_a_seat_that_sleeps),
		SEAT_TEST(who_comes_too_late_wants_it),
		SEAT_TEST(an_arrival_leaves_a_seat_asleep),
		SEAT_TEST(nobody_leaves_a_seat_that_sleeps),
		SEAT_TEST(a_give_wakes_the_seat),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
