// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_hungry.c - a core with nothing to do leaves its seat to a service that is hungry, and
 * cores take what waits in the ring of one that is away
 */
/* link: @core hostlib/seat_moves.c */
/* links more: a core that leaves its seat lets go of idle bit, replies and frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "seat_core.h"

#define STRANGER 5 /* a domain that does not share the seat */

static void is_hungry(uint32_t domains)
{
	all.hungry = domains;
}

/* On, and with nothing to do. */
static void is_idle(void)
{
	word_is(7, ME + 1, 0);
	assert_true(seat_turn(c));
	idle_turn(c);
	assert_true(c->idle);
}

static void assert_stays(void)
{
	assert_true(seat_turn(c));
	assert_silent();
}

static void who_has_nothing_to_do_leaves_to_one_that_is_hungry(void **state)
{
	struct shunt_seat_said m;

	is_idle();
	is_hungry(bit(OTHER));
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], &m), SHUNT_SEAT_LEAVE);
	assert_true(m.word == all.seat[0].word);
	assert_int_equal(m.more, 0);
	assert_int_equal(s.view->idle & 1, 0);
	assert_int_equal(said(ask[1], NULL), -1);
}

/* It looks for requests first. */
static void not_before_it_has_found_nothing_to_do(void **state)
{
	word_is(7, ME + 1, 0);
	is_hungry(bit(OTHER));
	assert_stays();
}

static void not_while_its_counts_know_of_a_request(void **state)
{
	is_idle();
	is_hungry(bit(OTHER));
	count_one();
	assert_stays();
}

static void not_while_xdp_has_claimed_it(void **state)
{
	is_idle();
	is_hungry(bit(OTHER));
	c->claimed_ns = 1;
	assert_stays();
}

static void not_to_one_that_is_barred_or_on_other_seats(void **state)
{
	is_idle();
	is_hungry(bit(OTHER));
	all.seat[0].barred = bit(OTHER);
	assert_stays();
	all.seat[0].barred = 0;
	is_hungry(bit(STRANGER) | bit(ME));
	assert_stays();
}

/* So a request that it runs loses nothing by another's hunger. */
static void who_is_hungry_does_not_count_as_waiting(void **state)
{
	word_is(7, ME + 1, 0);
	is_hungry(bit(OTHER));
	assert_false(seat_is_wanted(c));
	assert_true(seat_until(c) == ~0ULL);
}

static void nobody_puts_a_seat_to_sleep_beside_one_that_is_hungry(void **state)
{
	s.opts.idle = SHUNT_IDLE_ADAPTIVE;
	is_idle();
	c->idle_ns -= 2000000000ULL;
	is_hungry(bit(OTHER));
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_LEAVE);
	is_hungry(0);
	c->idle = true;
	c->idle_ns = c->now - 2000000000ULL;
	assert_false(seat_turn(c));
	assert_int_equal(said(pair[1], NULL), SHUNT_SEAT_SLEEP);
}

/* A request that was steered to the service's other core. */
static void arrives_at_other_core(void)
{
	struct shunt_ring *r = &s.core[1].rx;
	uint64_t addr = 2048 + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = 1, .arrival_ns = 1, .cls = CLS, .payload = 42, .len = 18,
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
}

static void who_is_there_takes_what_waits_for_a_core_that_is_away(void **state)
{
	static struct seats seats;

	s.seats = &seats;
	word_is(7, ME + 1, 0);
	arrives_at_other_core();
	assert_false(next_take(c)); /* that core is there, and the policy does not steal */
	s.view->away = 1ULL << 1;
	assert_true(next_take(c));
	assert_int_equal(c->item->slot, 1);
	s.seats = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(who_has_nothing_to_do_leaves_to_one_that_is_hungry),
		SEAT_TEST(not_before_it_has_found_nothing_to_do),
		SEAT_TEST(not_while_its_counts_know_of_a_request),
		SEAT_TEST(not_while_xdp_has_claimed_it),
		SEAT_TEST(not_to_one_that_is_barred_or_on_other_seats),
		SEAT_TEST(who_is_hungry_does_not_count_as_waiting),
		SEAT_TEST(nobody_puts_a_seat_to_sleep_beside_one_that_is_hungry),
		SEAT_TEST(who_is_there_takes_what_waits_for_a_core_that_is_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
