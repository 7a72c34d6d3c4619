// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_moves.c - what a core that shares its CPU says and does, by the word and by its counts;
 * what comes of it in the word is the filters' (tests/prog/test_seat.c)
 */
/* link: @core hostlib/seat_moves.c */
/* links more: a core that leaves its seat lets go of idle bit, replies and frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "seat_core.h"

/* --- who is on -------------------------------------------------------------------------------- */

static void who_is_on_and_alone_goes_on(void **state)
{
	word_is(1, ME + 1, 0);
	assert_true(seat_turn(c));
	assert_silent();
	assert_int_equal(polls, 0);
	assert_false(seat_is_wanted(c));
	assert_true(seat_until(c) == ~0ULL);
}

static void who_has_nothing_to_do_leaves_at_once(void **state)
{
	struct shunt_seat_said m;

	word_is(7, ME + 1, bit(OTHER));
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], &m), SHUNT_SEAT_LEAVE);
	assert_true(m.word == all.seat[0].word);
	assert_int_equal(m.more, 0);
	assert_int_equal(said(ask[1], NULL), -1);
}

static void who_has_requests_stays_for_the_quantum_and_leaves_with_more(void **state)
{
	struct shunt_seat_said m;

	count_one();
	word_is(7, ME + 1, bit(OTHER));
	assert_true(seat_turn(c));
	assert_silent();
	assert_true(seat_is_wanted(c));
	assert_true(seat_until(c) == seat.until_ns);
	seat.until_ns = clock_ns();
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], &m), SHUNT_SEAT_LEAVE);
	assert_int_equal(m.more, 1);
}

static void a_new_turn_has_a_quantum_of_its_own(void **state)
{
	uint64_t now = clock_ns();

	word_is(7, ME + 1, bit(OTHER));
	count_one();
	assert_true(seat_turn(c));
	assert_true(seat.until_ns > now + 900000000);
	seat.until_ns = 1;
	word_is(9, ME + 1, bit(OTHER)); /* away and back, while it had no CPU */
	assert_true(seat_turn(c));
	assert_true(seat.until_ns > now + 900000000);
}

static void each_turn_counts_once_with_the_time_that_the_switch_took(void **state)
{
	const struct shunt_core_stats *n = &c->line->stats;

	all.seat[0].since_ns = clock_ns() - 5000000;
	word_is(7, ME + 1, 0);
	assert_true(seat_turn(c));
	assert_true(seat_turn(c));
	assert_int_equal(n->let_on, 1);
	assert_true(n->let_on_ns >= 5000000 && n->let_on_ns < 5000000000);
	all.seat[0].since_ns = clock_ns() + 5000000; /* clocks differ a little */
	word_is(8, OTHER + 1, 0);
	assert_false(seat_turn(c));
	assert_int_equal(n->let_on, 1);
	word_is(9, ME + 1, 0);
	assert_true(seat_turn(c));
	assert_int_equal(n->let_on, 2);
	assert_true(n->let_on_ns < 5000000000);
}

static void nobody_leaves_to_one_that_is_barred(void **state)
{
	word_is(7, ME + 1, bit(OTHER));
	all.seat[0].barred = bit(OTHER);
	assert_true(seat_turn(c));
	assert_silent();
	assert_false(seat_is_wanted(c));
}

/* The other worker may do so on purpose: it would hold this one up for nothing. */
static void who_cannot_leave_as_the_other_one_reads_nothing_serves_on(void **state)
{
	char any[64] = { 0 };

	while (send(pair[0], any, sizeof(any), MSG_DONTWAIT) > 0)
		;
	count_one();
	word_is(7, ME + 1, bit(OTHER));
	assert_true(seat_turn(c));
	seat.until_ns = clock_ns();
	assert_true(seat_turn(c));
	while (recv(pair[1], any, sizeof(any), MSG_DONTWAIT) > 0)
		;
	assert_false(seat_turn(c));
}

static void who_leaves_has_no_idle_bit(void **state)
{
	word_is(7, ME + 1, 0);
	assert_true(seat_turn(c));
	idle_turn(c);
	assert_int_equal(s.view->idle & 1, 1);
	word_is(7, ME + 1, bit(OTHER));
	assert_false(seat_turn(c));
	assert_int_equal(s.view->idle & 1, 0);
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_LEAVE);
}

static void a_request_that_is_at_hand_begins_first(void **state)
{
	word_is(7, ME + 1, bit(OTHER));
	c->loaded = true;
	assert_true(seat_turn(c));
	word_is(8, OTHER + 1, 0);
	assert_true(seat_turn(c));
	assert_silent();
	assert_true(seat_until(c) == c->start_ns); /* and yields at its first safepoint */
	c->loaded = false;
}

static void who_is_on_does_not_sleep_alone(void **state)
{
	word_is(7, ME + 1, 0);
	s.opts.idle = SHUNT_IDLE_SLEEP;
	idle_turn(c);
	idle_turn(c);
	idle_turn(c);
	assert_int_equal(polls, 0);
}

/* --- who is away ------------------------------------------------------------------------------ */

static void who_is_away_and_has_nothing_waits(void **state)
{
	word_is(7, OTHER + 1, 0);
	assert_false(seat_turn(c));
	assert_int_equal(polls, 1);
	assert_silent();
	assert_int_equal(c->run->state, SHUNT_CORE_AWAY);
}

static void who_is_away_wants_the_seat_for_what_its_counts_know(void **state)
{
	word_is(7, OTHER + 1, 0);
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	assert_int_equal(polls, 0); /* it looks again before it waits */
	assert_false(seat_turn(c));
	assert_int_equal(polls, 1); /* nobody did anything: the belt */
	assert_silent();
}

static void a_request_of_its_own_ring_counts_too(void **state)
{
	word_is(7, OTHER + 1, 0);
	s.view->sent[0] = s.view->done[0] + 1;
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	s.view->sent[0] = s.view->done[0];
}

static void who_is_known_to_want_the_seat_just_waits(void **state)
{
	word_is(7, OTHER + 1, bit(ME));
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(polls, 1);
	assert_silent();
}

/* The other worker may have given it the seat, and kept it from hearing so. */
static void who_wants_the_seat_looks_for_it_more_often(void **state)
{
	word_is(7, OTHER + 1, 0);
	assert_false(seat_turn(c));
	assert_int_equal(waited_ms, 10);
	word_is(7, OTHER + 1, bit(ME));
	assert_false(seat_turn(c));
	assert_int_equal(waited_ms, 1);
}

static void a_seat_that_nobody_has_is_asked_for(void **state)
{
	word_is(7, SHUNT_SEAT_NOBODY, 0);
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_WANT);
	assert_int_equal(polls, 0);
}

static void who_is_barred_says_that_it_is_here(void **state)
{
	word_is(7, OTHER + 1, 0);
	all.seat[0].barred = bit(ME);
	assert_false(seat_turn(c));
	assert_int_equal(said(ask[1], NULL), SHUNT_SEAT_HERE);
	assert_int_equal(polls, 1);
}

static void get_on(void)
{
	word_is(8, ME + 1, 0);
}

static void who_is_let_on_goes_on(void **state)
{
	word_is(7, OTHER + 1, 0);
	while_it_waits = get_on;
	assert_false(seat_turn(c));
	assert_true(seat_turn(c));
	assert_int_equal(polls, 1);
}

static void get_on_by_both_sockets(void)
{
	get_on();
	assert_int_equal(send(pair[1], "on", 2, 0), 2);
	assert_int_equal(send(ask[1], "on", 2, 0), 2);
}

/* A request waits for it: what came is read when none does, or before it would end a wait. */
static void who_is_let_on_reads_what_told_it_so_later(void **state)
{
	for (int idle = 0; idle < 2; idle++) {
		word_is(7, OTHER + 1, 0);
		while_it_waits = get_on_by_both_sockets;
		assert_false(seat_turn(c));
		assert_true(seat_turn(c));
		assert_true(has_datagram(pair[0]) && has_datagram(ask[0]));
		while_it_waits = NULL;
		if (idle) {
			c->idle = true;
			assert_true(seat_turn(c));
			c->idle = false;
		} else {
			word_is(9, OTHER + 1, 0);
			assert_false(seat_turn(c));
		}
		assert_false(has_datagram(pair[0]) || has_datagram(ask[0]));
		assert_int_equal(seat.rung, 0);
	}
}

/* What its ring holds is served beside the other domain's. */
static void who_is_to_end_waits_for_no_seat(void **state)
{
	word_is(7, OTHER + 1, 0);
	atomic_store(&s.quit, true);
	assert_true(seat_turn(c));
	assert_int_equal(polls, 0);
}

static void who_ends_leaves_the_seat_to_one_that_wants_it(void **state)
{
	word_is(7, ME + 1, 0);
	seat_end(c);
	assert_silent();
	word_is(7, ME + 1, bit(OTHER));
	seat_end(c);
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_LEAVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(who_is_on_and_alone_goes_on),
		SEAT_TEST(who_has_nothing_to_do_leaves_at_once),
		SEAT_TEST(who_has_requests_stays_for_the_quantum_and_leaves_with_more),
		SEAT_TEST(a_new_turn_has_a_quantum_of_its_own),
		SEAT_TEST(each_turn_counts_once_with_the_time_that_the_switch_took),
		SEAT_TEST(nobody_leaves_to_one_that_is_barred),
		SEAT_TEST(who_cannot_leave_as_the_other_one_reads_nothing_serves_on),
		SEAT_TEST(who_leaves_has_no_idle_bit),
		SEAT_TEST(a_request_that_is_at_hand_begins_first),
		SEAT_TEST(who_is_on_does_not_sleep_alone),
		SEAT_TEST(who_is_away_and_has_nothing_waits),
		SEAT_TEST(who_is_away_wants_the_seat_for_what_its_counts_know),
		SEAT_TEST(a_request_of_its_own_ring_counts_too),
		SEAT_TEST(who_is_known_to_want_the_seat_just_waits),
		SEAT_TEST(who_wants_the_seat_looks_for_it_more_often),
		SEAT_TEST(a_seat_that_nobody_has_is_asked_for),
		SEAT_TEST(who_is_barred_says_that_it_is_here),
		SEAT_TEST(who_is_let_on_goes_on),
		SEAT_TEST(who_is_let_on_reads_what_told_it_so_later),
		SEAT_TEST(who_is_to_end_waits_for_no_seat),
		SEAT_TEST(who_ends_leaves_the_seat_to_one_that_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
