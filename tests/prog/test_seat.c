// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat.c - the moves of a seat, as BPF programs make them: by an arrival, by a worker's
 * datagrams, by shuntd's orders
 */
/* link: tests/prog/seats.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "seats.h"

/* --- arrivals --------------------------------------------------------------------------------- */

static void an_arrival_for_a_service_that_is_away_sets_its_bit(void **state)
{
	is_on(OTHER, 0);
	arrive();
	assert_held();
	assert_word(OTHER + 1, bit(HERE));
	is_on(OTHER, 0);
	is_on(HERE, 0);
	is_on(OTHER, 0);
	policy_says(0);
	arrive();
	assert_steered(0);
	assert_word(OTHER + 1, bit(HERE));
}

static void an_arrival_for_the_service_that_is_on_sets_no_bit(void **state)
{
	__u64 was;

	is_on(HERE, 0);
	was = word();
	arrive();
	policy_says(0);
	arrive();
	assert_true(word() == was);
	assert_false(looks());
}

static void a_bit_is_set_once_and_the_core_that_is_on_looks_once(void **state)
{
	is_on(OTHER, 0);
	arrive();
	assert_true(looks());
	view->core[OTHER_CORE].mark.look = 0;
	arrive();
	assert_false(looks());
	assert_word(OTHER + 1, bit(HERE));
}

static void where_nobody_is_on_the_bit_alone_is_set(void **state)
{
	arrive();
	assert_held();
	assert_word(SHUNT_SEAT_NOBODY, bit(HERE));
}

static void a_load_without_seats_leaves_the_word_alone(void **state)
{
	struct shunt_cfg c = cfg();

	is_on(OTHER, 0);
	c.flags &= ~SHUNT_CFG_SEATS;
	set_cfg(c);
	arrive();
	assert_held();
	assert_word(OTHER + 1, 0);
	assert_false(looks());
}

static void a_domain_without_a_seat_leaves_the_word_alone(void **state)
{
	is_on(OTHER, 0);
	g->dom->seat[0] = 0;
	arrive();
	/* nobody writes that, but the map is shuntd's, too */
	g->dom->seat[0] = SEAT + 1 + SHUNT_SEATS;
	arrive();
	assert_word(OTHER + 1, 0);
}

static void a_request_that_is_not_delivered_wants_nothing(void **state)
{
	is_on(OTHER, 0);
	policy_says(REJECT);
	arrive();
	policy_says(HOLD);
	ingress_slot(g, SHUNT_HOLD_SLOT + CLS, false);
	arrive();
	assert_word(OTHER + 1, 0);
}

/* --- workers ---------------------------------------------------------------------------------- */

static void a_leave_moves_the_seat_and_wakes_the_next(void **state)
{
	__u64 was;

	is_on(OTHER, bit(HERE));
	was = word();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, was, 0);
	assert_true(woken(pair[HERE]));
	assert_word(HERE + 1, 0);
	assert_int_equal(SHUNT_SEAT_TURN(word()), SHUNT_SEAT_TURN(was) + 1);
	assert_int_equal(all->seat[SEAT].left, 1);
	assert_true(all->seat[SEAT].since_ns > 0);
}

static void who_leaves_with_requests_left_wants_the_seat_back(void **state)
{
	is_on(OTHER, bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 1);
	assert_true(woken(pair[HERE]));
	assert_word(HERE + 1, bit(OTHER));
}

static void a_leave_with_an_old_word_is_not_delivered(void **state)
{
	__u64 old;

	is_on(OTHER, 0);
	old = word();
	arrive(); /* its bit */
	say(pair[OTHER], SHUNT_SEAT_LEAVE, old, 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, bit(HERE));
	old = word();
	is_on(HERE, 0);
	is_on(OTHER, bit(HERE)); /* the same, two turns later */
	say(pair[OTHER], SHUNT_SEAT_LEAVE, old, 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(all->seat[SEAT].left, 0);
}

static void a_leave_to_one_that_wants_nothing_is_not_delivered(void **state)
{
	is_on(OTHER, 0);
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, 0);
}

/* A socket that nobody has noted, or that is for something else, moves nothing. */
static void a_socket_moves_no_other_service(void **state)
{
	int stranger[2];
	__u64 was;

	is_on(HERE, bit(OTHER));
	was = word();
	say(pair[OTHER], SHUNT_SEAT_LEAVE, was, 0); /* it is not on */
	say(ask[HERE][0], SHUNT_SEAT_LEAVE, was, 0);
	say(ask[OTHER][0], SHUNT_SEAT_LEAVE, was, 0);
	say(pair[HERE], SHUNT_SEAT_WANT, was, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, stranger), 0);
	hear(stranger[1], (struct shunt_seat_end){ SHUNT_SEATS, SHUNT_SEAT_PAIR, HERE, OTHER });
	say(stranger[0], SHUNT_SEAT_LEAVE, was, 0);
	hear(stranger[0], (struct shunt_seat_end){ SEAT, SHUNT_SEAT_PAIR, SHUNT_DOMAINS, OTHER });
	say(stranger[1], SHUNT_SEAT_LEAVE, was, 0);
	assert_true(word() == was);
	for (int d = 0; d < 2; d++)
		assert_false(woken(pair[d]) || woken(ask[d][0]) || woken(ask[d][1]) ||
			     woken(stranger[d]));
	close(stranger[0]);
	close(stranger[1]);
	is_on(OTHER, bit(HERE));
	was = word();
	say(ask[OTHER][0], SHUNT_SEAT_LEAVE, was, 0); /* it would be right by the pair's */
	assert_true(word() == was);
}

static void a_socket_that_is_noted_no_more_moves_nothing(void **state)
{
	int ends = bpf_object__find_map_fd_by_name(obj, "seat_ends");
	__u64 cookie;
	socklen_t len = sizeof(cookie);

	is_on(OTHER, bit(HERE));
	getsockopt(pair[HERE], SOL_SOCKET, SO_COOKIE, &cookie, &len);
	assert_int_equal(bpf_map_delete_elem(ends, &cookie), 0);
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, bit(HERE));
}

static void who_wants_a_seat_that_nobody_has_gets_it(void **state)
{
	say(ask[OTHER][0], SHUNT_SEAT_WANT, 0, 0);
	assert_word(OTHER + 1, 0);
	say(ask[HERE][0], SHUNT_SEAT_WANT, 0, 0);
	assert_word(OTHER + 1, bit(HERE));
	assert_true(looks());
	assert_false(woken(ask[OTHER][1]) || woken(ask[HERE][1]));
}

static void a_barred_service_gets_no_seat(void **state)
{
	is_on(OTHER, bit(HERE));
	order((struct shunt_seat_order){ .bar = bit(HERE) });
	assert_int_equal(barred(), bit(HERE));
	say(pair[OTHER], SHUNT_SEAT_LEAVE, word(), 0);
	assert_false(woken(pair[HERE]));
	assert_word(OTHER + 1, bit(HERE));
}

static void who_is_here_is_barred_no_more_and_is_known_to_wait(void **state)
{
	is_on(OTHER, 0);
	order((struct shunt_seat_order){ .bar = bit(HERE) });
	arrive();
	view->core[OTHER_CORE].mark.look = 0; /* it looked, and saw nobody who may have the seat */
	say(ask[HERE][0], SHUNT_SEAT_HERE, 0, 0);
	assert_int_equal(barred(), 0);
	assert_true(looks());
}

static void who_is_on_stays_barred_until_it_is_off(void **state)
{
	is_on(HERE, 0);
	order((struct shunt_seat_order){ .bar = bit(HERE) });
	say(ask[HERE][0], SHUNT_SEAT_HERE, 0, 0);
	assert_int_equal(barred(), bit(HERE));
	is_on(OTHER, 0);
	say(ask[HERE][0], SHUNT_SEAT_HERE, 0, 0);
	assert_int_equal(barred(), 0);
}

static void no_worker_takes_its_filter_off(void **state)
{
	int one = 1;

	assert_int_equal(setsockopt(pair[HERE], SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof(one)),
			 -1);
	assert_int_equal(errno, EPERM);
}

/* Whatever they say, and however long: the seat goes to a domain that wants it, from the one that
 * is on, and by its own socket alone. */
static void datagrams_at_random_make_no_other_moves(void **state)
{
	struct rng r = { env_number("SEED", 1) };
	int moved = 0, n = env_number("COUNT", 20000);

	for (int i = 0; i < n; i++) {
		__u32 from = rng_next(&r) & 1, len = rng_next(&r) & 7 ? 16 : rng_next(&r) % 40;
		bool leaves = rng_next(&r) & 1;
		struct shunt_seat_said said[3] = {
			{ rng_next(&r) & 3 ? word() : rng_next(&r), rng_next(&r) % 5,
			  rng_next(&r) } };
		__u64 was = word(), want;

		send(leaves ? pair[from] : ask[from][0], said, len, MSG_DONTWAIT);
		want = !leaves || len != sizeof(said[0]) || said[0].word != was ? 0
		       : said[0].op == SHUNT_SEAT_LEAVE ?
			       shunt_seat_leave(was, barred(), 0, from, !from, said[0].more)
		       : said[0].op == SHUNT_SEAT_SLEEP ? shunt_seat_sleep(was, barred(), from) : 0;
		assert_int_equal(woken(pair[!from]), want != 0);
		if (want)
			assert_true(word() == want);
		else if (SHUNT_SEAT_ON(was) && !shunt_seat_sleeps(was))
			assert_true((word() & ~(__u64)bit(from)) == (was & ~(__u64)bit(from)));
		moved += want != 0;
		assert_false(woken(pair[from]));
	}
	assert_true(moved > n / 200);
}

/* --- shuntd ----------------------------------------------------------------------------------- */

static void a_take_bars_who_was_on_and_lets_it_want_the_seat_back(void **state)
{
	is_on(HERE, bit(OTHER));
	assert_true(order((struct shunt_seat_order){ .give = 1, .bar = bit(HERE), .from = HERE + 1,
						     .to = OTHER + 1, .back = bit(HERE) }).done);
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(barred(), bit(HERE));
}

static void a_take_that_comes_too_late_leaves_no_bar(void **state)
{
	is_on(OTHER, bit(HERE));
	assert_false(order((struct shunt_seat_order){ .give = 1, .bar = bit(HERE), .from = HERE + 1,
						      .to = OTHER + 1 }).done);
	assert_word(OTHER + 1, bit(HERE));
	assert_int_equal(barred(), 0);
}

static void the_map_takes_no_write_once_frozen(void **state)
{
	struct shunt_seats *s = aligned_alloc(SHUNT_LINE, sizeof(*s));
	int fd = ingress_map(g, "seats");
	__u32 zero = 0;

	memset(s, 0, sizeof(*s));
	assert_int_equal(bpf_map_update_elem(fd, &zero, s, 0), -EPERM);
	assert_true(mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
		    MAP_FAILED);
	assert_int_equal(mprotect((void *)all, 4096, PROT_READ | PROT_WRITE), -1);
	free(s);
	is_on(HERE, 0); /* and its programs do write it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(an_arrival_for_a_service_that_is_away_sets_its_bit),
		SEAT_TEST(an_arrival_for_the_service_that_is_on_sets_no_bit),
		SEAT_TEST(a_bit_is_set_once_and_the_core_that_is_on_looks_once),
		SEAT_TEST(where_nobody_is_on_the_bit_alone_is_set),
		SEAT_TEST(a_load_without_seats_leaves_the_word_alone),
		SEAT_TEST(a_domain_without_a_seat_leaves_the_word_alone),
		SEAT_TEST(a_request_that_is_not_delivered_wants_nothing),
		SEAT_TEST(a_leave_moves_the_seat_and_wakes_the_next),
		SEAT_TEST(who_leaves_with_requests_left_wants_the_seat_back),
		SEAT_TEST(a_leave_with_an_old_word_is_not_delivered),
		SEAT_TEST(a_leave_to_one_that_wants_nothing_is_not_delivered),
		SEAT_TEST(a_socket_moves_no_other_service),
		SEAT_TEST(a_socket_that_is_noted_no_more_moves_nothing),
		SEAT_TEST(who_wants_a_seat_that_nobody_has_gets_it),
		SEAT_TEST(a_barred_service_gets_no_seat),
		SEAT_TEST(who_is_here_is_barred_no_more_and_is_known_to_wait),
		SEAT_TEST(who_is_on_stays_barred_until_it_is_off),
		SEAT_TEST(no_worker_takes_its_filter_off),
		SEAT_TEST(datagrams_at_random_make_no_other_moves),
		SEAT_TEST(a_take_bars_who_was_on_and_lets_it_want_the_seat_back),
		SEAT_TEST(a_take_that_comes_too_late_leaves_no_bar),
		SEAT_TEST(the_map_takes_no_write_once_frozen),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
