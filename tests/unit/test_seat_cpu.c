// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_cpu.c - a core whose CPU was taken offline serves nothing on another one, comes back
 */
/* link: @core hostlib/seat_moves.c */
/* links more: a core that leaves its seat lets go of idle bit, replies and frames */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "seat_core.h"

#define NO_CPU (CPU_SETSIZE - 1) /* is not there, so that nobody can be moved to it */

static void who_has_lost_its_cpu_tells_shuntd_and_serves_nothing(void **state)
{
	uint16_t home = s.cpu[0];

	s.view->up = 1;
	s.cpu[0] = NO_CPU;
	word_is(7, ME + 1, 0);
	count_one();
	assert_false(seat_turn(c));
	assert_int_equal(told, SHUNT_MSG_DOWN);
	assert_int_equal(told_why, SHUNT_DOWN_NO_CPU);
	assert_int_equal(c->run->state, SHUNT_CORE_OFF);
	assert_int_equal(polls, 1);
	told = 0;
	s.view->up = 0; /* shuntd has heard it */
	assert_false(seat_turn(c));
	assert_int_equal(told, 0);
	s.view->up = 1; /* a new one has not */
	assert_false(seat_turn(c));
	assert_int_equal(told, SHUNT_MSG_DOWN);
	s.cpu[0] = home;
	assert_true(seat_turn(c));
	assert_int_equal(told, SHUNT_MSG_UP);
	told = 0;
	assert_true(seat_turn(c));
	assert_int_equal(told, 0);
}

static void who_has_lost_its_cpu_ends_all_the_same(void **state)
{
	s.cpu[0] = NO_CPU;
	word_is(7, ME + 1, 0);
	atomic_store(&s.quit, true);
	assert_true(seat_turn(c));
}

/* Offline and online again: the kernel has left the thread where it moved it. */
static void who_was_moved_goes_back_when_it_is_let_on(void **state)
{
	cpu_set_t was, set;
	int other = -1;

	assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
	for (int i = 0; i < CPU_SETSIZE; i++)
		other = CPU_ISSET(i, &was) && i != s.cpu[0] ? i : other;
	if (other < 0)
		skip();
	CPU_ZERO(&set);
	CPU_SET(other, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	word_is(7, ME + 1, 0);
	assert_true(seat_turn(c));
	assert_int_equal(sched_getcpu(), s.cpu[0]);
	assert_int_equal(told, 0);
	sched_setaffinity(0, sizeof(was), &was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(who_has_lost_its_cpu_tells_shuntd_and_serves_nothing),
		SEAT_TEST(who_has_lost_its_cpu_ends_all_the_same),
		SEAT_TEST(who_was_moved_goes_back_when_it_is_let_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
