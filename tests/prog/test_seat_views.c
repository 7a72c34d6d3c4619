// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_views.c - the views of the domains that share a seat say whose it is, for policies,
 * behind each move
 */
/* link: tests/prog/seats.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include <bpf/bpf.h>

#include "seats.h"

#define MINE (1ULL << 0)
#define THEIRS (1ULL << OTHER_CORE)
#define REST (1ULL << 17) /* a core of either domain that is on no seat, or on another */

static __u64 away(__u32 domain)
{
	return *(volatile __u64 *)&(domain == HERE ? g->view : view)->away;
}

static void assert_on(__u32 domain)
{
	assert_int_equal(SHUNT_SEAT_ON(word()), domain + 1);
	assert_true(away(HERE) == (domain == HERE ? 0 : MINE));
	assert_true(away(OTHER) == (domain == OTHER ? 0 : THEIRS));
}

static void a_give_tells_both_views(void **state)
{
	is_on(HERE, 0);
	assert_on(HERE);
	is_on(OTHER, bit(HERE));
	assert_on(OTHER);
}

static void a_leave_tells_both_views_before_it_wakes_the_next(void **state)
{
	is_on(OTHER, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 1);
	assert_on(HERE);
	assert_true(woken(pair[HERE]));
	say(pair[HERE], SHUNT_SEAT_LEAVE, word() + 1, 0); /* an old word moves nothing */
	assert_on(HERE);
	say(pair[HERE], SHUNT_SEAT_LEAVE, word(), 0);
	assert_on(OTHER);
}

static void who_gets_a_seat_that_nobody_has_sees_it(void **state)
{
	say(ask[OTHER][0], SHUNT_SEAT_WANT, 0, 0);
	assert_on(OTHER);
	say(ask[HERE][0], SHUNT_SEAT_WANT, 0, 0); /* sets a bit alone */
	assert_on(OTHER);
}

static void a_seat_that_nobody_has_is_nobodys_in_either_view(void **state)
{
	is_on(HERE, 0);
	order((struct shunt_seat_order){ .give = 1, .from = HERE + 1, .to = SHUNT_SEAT_NOBODY });
	assert_true(away(HERE) == MINE && away(OTHER) == THEIRS);
}

/* Before its WELCOME: a worker of another user has a view that nobody has told anything. */
static void a_bar_tells_a_view_that_is_new(void **state)
{
	is_on(OTHER, 0);
	g->view->away = view->away = 0;
	order((struct shunt_seat_order){ .bar = bit(HERE) });
	assert_on(OTHER);
}

static void bits_of_other_cores_stay_as_they_are(void **state)
{
	g->view->away = view->away = REST;
	is_on(HERE, 0);
	assert_true(away(HERE) == REST && away(OTHER) == (REST | THEIRS));
	is_on(OTHER, 0);
	assert_true(away(HERE) == (REST | MINE) && away(OTHER) == REST);
}

/* A domain whose core is out of bounds, or that has no view, is told nothing. */
static void a_domain_without_a_view_is_passed_over(void **state)
{
	__u32 other = OTHER;

	assert_int_equal(bpf_map_delete_elem(ingress_map(g, "views"), &other), 0);
	is_on(OTHER, 0);
	assert_true(away(HERE) == MINE && !view->away);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(a_give_tells_both_views),
		SEAT_TEST(a_leave_tells_both_views_before_it_wakes_the_next),
		SEAT_TEST(who_gets_a_seat_that_nobody_has_sees_it),
		SEAT_TEST(a_seat_that_nobody_has_is_nobodys_in_either_view),
		SEAT_TEST(a_bar_tells_a_view_that_is_new),
		SEAT_TEST(bits_of_other_cores_stay_as_they_are),
		SEAT_TEST(a_domain_without_a_view_is_passed_over),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
