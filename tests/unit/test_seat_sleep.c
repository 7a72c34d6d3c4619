// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_sleep.c - a core puts its seat to sleep when there has been nothing to do for a while,
 * and a core of a seat that sleeps takes it for its own requests alone
 */
/* link: @core hostlib/seat_moves.c */
/* links more: a core that leaves its seat lets go of idle bit, replies and frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "seat_core.h"

#define LONG_NS 2000000000ULL

/* Idle since a while, and on. */
static void is_idle(void)
{
	word_is(7, ME + 1, 0);
	s.opts.idle = SHUNT_IDLE_ADAPTIVE;
	assert_true(seat_turn(c));
	idle_turn(c);
	assert_true(c->idle);
	c->idle_ns -= LONG_NS;
}

static void assert_stays(void)
{
	assert_true(seat_turn(c));
	assert_silent();
}

/* --- SLEEP ------------------------------------------------------------------------------------ */

static void who_was_idle_for_long_puts_the_seat_to_sleep(void **state)
{
	struct shunt_seat_said m;

	is_idle();
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], &m), SHUNT_SEAT_SLEEP);
	assert_true(m.word == all.seat[0].word);
	assert_int_equal(s.view->idle & 1, 0);
	assert_int_equal(polls, 0); /* it looks at the word first */
	assert_int_equal(said(ask[1], NULL), -1);
}

static void not_before_it_was_idle_for_a_millisecond(void **state)
{
	is_idle();
	c->idle_ns = c->now - 900000;
	assert_stays();
	c->idle_ns = c->now - 1000000;
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_SLEEP);
}

static void nor_before_its_own_time_to_spin_is_over(void **state)
{
	is_idle();
	s.opts.idle_us = 2 * LONG_NS / 1000;
	assert_stays();
	s.opts.idle = SHUNT_IDLE_SPIN;
	s.opts.idle_us = 0;
	assert_stays();
}

static void not_while_another_service_waits(void **state)
{
	is_idle();
	word_is(7, ME + 1, bit(OTHER));
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_LEAVE);
}

static void not_while_its_counts_know_of_a_request(void **state)
{
	is_idle();
	count_one();
	assert_stays();
	s.view->enq[CLS] = s.view->deq[CLS];
	s.view->sent[0] = s.view->done[0] + 1;
	assert_stays();
	s.view->sent[0] = s.view->done[0];
	c->claimed_ns = 1; /* XDP has claimed it: something is on its way */
	assert_stays();
}

/* --- a seat that sleeps ----------------------------------------------------------------------- */

static void whoever_has_nothing_waits_for_requests_of_its_own_too(void **state)
{
	for (int on = ME; on <= OTHER; on++) {
		asleep_is(7, on + 1, 0);
		assert_false(seat_turn(c));
		assert_silent();
		assert_int_equal(polled, 5 + CLASSES); /* rung, stopped, told of parked ones */
		assert_int_equal(c->run->state, SHUNT_CORE_ASLEEP);
	}
	word_is(7, OTHER + 1, 0);
	assert_false(seat_turn(c));
	assert_int_equal(polled, 2);
	assert_int_equal(c->run->state, SHUNT_CORE_AWAY);
}

static void who_has_a_request_takes_the_seat_whoever_is_on(void **state)
{
	for (int on = ME; on <= OTHER; on++) {
		asleep_is(7, on + 1, 0);
		count_one();
		assert_false(seat_turn(c));
		assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
		assert_int_equal(polls, 0);
		word_is(8 + on, ME + 1, 0);
		assert_true(seat_turn(c));
		assert_int_equal(c->line->stats.let_on, 0); /* that was no switch */
	}
}

/* Its bit is set by XDP; nobody reads that while the seat sleeps. */
static void a_bit_that_is_set_keeps_nobody_from_taking_the_seat(void **state)
{
	asleep_is(7, OTHER + 1, bit(ME));
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	assert_int_equal(polls, 0);
}

static void what_a_ring_has_counts_though_the_counts_do_not_know_it(void **state)
{
	asleep_is(7, OTHER + 1, 0);
	++*s.hold[CLS].prod;
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	--*s.hold[CLS].prod;
	seat.asked = false;
	++*c->rx.prod;
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	--*c->rx.prod;
}

static uint64_t own_work(unsigned int core, void *arg)
{
	return 0;
}

static void work_of_the_application_that_is_due_takes_the_seat(void **state)
{
	s.opts.between = own_work;
	asleep_is(7, OTHER + 1, 0);
	c->due_ns = clock_ns() + LONG_NS;
	assert_false(seat_turn(c));
	assert_silent();
	assert_int_equal(polls, 1);
	c->due_ns = clock_ns();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	s.opts.between = NULL;
}

static void who_comes_too_late_waits_until_it_is_let_on(void **state)
{
	asleep_is(7, OTHER + 1, 0);
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	word_is(8, OTHER + 1, bit(ME)); /* the other one was faster */
	assert_false(seat_turn(c));
	assert_int_equal(polls, 1);
	assert_int_equal(polled, 2);
	assert_silent();
}

static void a_request_that_comes_while_it_goes_to_sleep_is_found(void **state)
{
	is_idle();
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_SLEEP);
	asleep_is(7, ME + 1, 0);
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	assert_int_equal(polls, 0);
}

static void who_is_barred_says_that_it_is_here_before_it_takes_the_seat(void **state)
{
	asleep_is(7, OTHER + 1, 0);
	all.seat[0].barred = bit(ME);
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_HERE);
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
}

static void who_is_to_end_does_not_sleep(void **state)
{
	asleep_is(7, ME + 1, 0);
	atomic_store(&s.quit, true);
	assert_true(seat_turn(c));
	assert_int_equal(polls, 0);
	seat_end(c);
	assert_silent();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(who_was_idle_for_long_puts_the_seat_to_sleep),
		SEAT_TEST(not_before_it_was_idle_for_a_millisecond),
		SEAT_TEST(nor_before_its_own_time_to_spin_is_over),
		SEAT_TEST(not_while_another_service_waits),
		SEAT_TEST(not_while_its_counts_know_of_a_request),
		SEAT_TEST(whoever_has_nothing_waits_for_requests_of_its_own_too),
		SEAT_TEST(who_has_a_request_takes_the_seat_whoever_is_on),
		SEAT_TEST(a_bit_that_is_set_keeps_nobody_from_taking_the_seat),
		SEAT_TEST(what_a_ring_has_counts_though_the_counts_do_not_know_it),
		SEAT_TEST(work_of_the_application_that_is_due_takes_the_seat),
		SEAT_TEST(who_comes_too_late_waits_until_it_is_let_on),
		SEAT_TEST(a_request_that_comes_while_it_goes_to_sleep_is_found),
		SEAT_TEST(who_is_barred_says_that_it_is_here_before_it_takes_the_seat),
		SEAT_TEST(who_is_to_end_does_not_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
