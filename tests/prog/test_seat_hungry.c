// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_hungry.c - services with cores on several seats: one whose requests wait is hungry, and
 * gets a seat that it does not want from who has nothing to do there
 */
/* link: tests/prog/seats.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include <bpf/bpf.h>

#include "seats.h"

#define AT_HOME 2                /* HERE's core on another seat, which its held requests want */
#define HOME (SEAT + 1)
#define AWAY_CORES (1ULL << 0 | 1ULL << AT_HOME)

static __u32 hungry(void)
{
	return *(volatile const __u32 *)&all->hungry;
}

static __u64 home_word(void)
{
	return *(volatile const __u64 *)&all->seat[HOME].word;
}

/* OTHER is on, with nothing to do; HERE has a core there and one on its home, both away. */
static void both_are_away(void)
{
	g->dom->home = AT_HOME;
	g->dom->seat[AT_HOME] = HOME + 1;
	is_on(OTHER, 0);
	g->view->away |= 1ULL << AT_HOME;
	g->view->idle = 0;
}

static void a_held_request_wants_the_seat_of_its_home_and_makes_its_service_hungry(void **state)
{
	both_are_away();
	arrive();
	assert_held();
	assert_int_equal(hungry(), bit(HERE));
	assert_int_equal(SHUNT_SEAT_WANTS(home_word()), bit(HERE));
	assert_word(OTHER + 1, 0);
}

static void not_where_a_core_is_there_and_idle(void **state)
{
	both_are_away();
	g->view->idle = 1ULL << 1;
	arrive();
	assert_held();
	assert_int_equal(hungry(), 0);
}

/* As when it is just about to block. */
static void a_core_that_is_away_and_has_its_idle_bit_counts_as_none(void **state)
{
	both_are_away();
	g->view->idle = AWAY_CORES;
	arrive();
	assert_int_equal(hungry(), bit(HERE));
}

/* It leaves at its next look: two seats for one request would be one too many. */
static void not_where_who_is_on_at_home_has_nothing_to_do(void **state)
{
	both_are_away();
	g->dom->home = 0;
	view->idle = 1ULL << OTHER_CORE;
	arrive();
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(hungry(), 0);
	arrive(); /* it has not left yet, or lies */
	assert_int_equal(hungry(), bit(HERE));
}

static void where_who_is_on_at_home_serves_its_service_is_hungry_at_once(void **state)
{
	both_are_away();
	g->dom->home = 0;
	view->idle = ~(1ULL << OTHER_CORE);
	arrive();
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(hungry(), bit(HERE));
}

/* They all serve: no other seat would help. */
static void not_where_no_core_is_away(void **state)
{
	both_are_away();
	g->view->away = 0;
	arrive();
	assert_held();
	assert_int_equal(hungry(), 0);
}

/* A core without a thread takes nothing, wherever it is. */
static void not_where_the_core_that_is_away_is_off(void **state)
{
	both_are_away();
	g->dom->up &= ~AWAY_CORES;
	arrive();
	assert_int_equal(hungry(), 0);
}

static void a_request_in_a_cores_ring_makes_nobody_hungry(void **state)
{
	both_are_away();
	policy_says(0);
	arrive();
	assert_steered(0);
	assert_int_equal(hungry(), 0);
	assert_word(OTHER + 1, bit(HERE)); /* but wants the seat of that core */
}

static void where_the_core_at_home_is_off_the_seat_of_another_one_is_wanted(void **state)
{
	both_are_away();
	g->dom->up &= ~(1ULL << AT_HOME);
	arrive();
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(SHUNT_SEAT_WANTS(home_word()), 0);
	g->dom->up = 0; /* nobody is there yet: then home is as good as any */
	arrive();
	assert_int_equal(SHUNT_SEAT_WANTS(home_word()), bit(HERE));
}

static void a_service_with_one_seat_is_never_hungry(void **state)
{
	struct shunt_cfg c = cfg();

	c.flags |= SHUNT_CFG_HUNGRY; /* another one has several */
	set_cfg(c);
	both_are_away();
	arrive();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 1);
	assert_int_equal(hungry(), 0);
}

static void who_has_nothing_to_do_leaves_to_one_that_is_hungry_which_is_so_no_more(void **state)
{
	both_are_away();
	arrive();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_true(woken(pair[HERE]));
	assert_word(HERE + 1, 0);
	assert_int_equal(hungry(), 0);
	assert_int_equal(all->seat[SEAT].left, 1);
	assert_int_equal(all->seat[SEAT].fed, 1);
	/* its word there is as it was */
	assert_int_equal(SHUNT_SEAT_WANTS(home_word()), bit(HERE));
}

static void a_leave_to_one_that_is_hungry_no_more_is_not_delivered(void **state)
{
	both_are_away();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, 0);
	arrive();
	order((struct shunt_seat_order){ .bar = bit(HERE) });
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0); /* or that is barred */
	assert_false(woken(pair[HERE]));
	assert_int_equal(hungry(), bit(HERE));
	assert_int_equal(all->seat[SEAT].fed, 0);
}

/* To one that wants this seat, too: then it is not counted as fed. */
static void any_leave_to_a_service_ends_its_hunger(void **state)
{
	both_are_away();
	arrive();
	is_on(OTHER, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_true(woken(pair[HERE]));
	assert_int_equal(hungry(), 0);
	assert_int_equal(all->seat[SEAT].fed, 0);
}

static void who_leaves_with_requests_left_is_hungry(void **state)
{
	is_on(OTHER, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_int_equal(hungry(), 0);
	is_on(OTHER, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word() + 1, 1); /* an old word */
	assert_int_equal(hungry(), 0);
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 1);
	assert_int_equal(hungry(), bit(OTHER));
}

#define SEVERAL(test) { #test, test, seats_load_several, seats_unload, SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEVERAL(a_held_request_wants_the_seat_of_its_home_and_makes_its_service_hungry),
		SEVERAL(not_where_a_core_is_there_and_idle),
		SEVERAL(a_core_that_is_away_and_has_its_idle_bit_counts_as_none),
		SEVERAL(not_where_who_is_on_at_home_has_nothing_to_do),
		SEVERAL(where_who_is_on_at_home_serves_its_service_is_hungry_at_once),
		SEVERAL(not_where_no_core_is_away),
		SEVERAL(not_where_the_core_that_is_away_is_off),
		SEVERAL(a_request_in_a_cores_ring_makes_nobody_hungry),
		SEVERAL(where_the_core_at_home_is_off_the_seat_of_another_one_is_wanted),
		SEAT_TEST(a_service_with_one_seat_is_never_hungry),
		SEVERAL(who_has_nothing_to_do_leaves_to_one_that_is_hungry_which_is_so_no_more),
		SEVERAL(a_leave_to_one_that_is_hungry_no_more_is_not_delivered),
		SEVERAL(any_leave_to_a_service_ends_its_hunger),
		SEVERAL(who_leaves_with_requests_left_is_hungry),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
