// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_steered.c - what cores have yet to do is counted right, however late the kernel fills rings
 */
/* link: agent/steered.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/domain.h"
#include "agent/steered.h"
#include "tests/ring.h"

#define RING 16
#define BEFORE 7000 /* requests that XDP had sent to the core when its socket was made */

static struct domain d;
static struct maps maps;
static struct domain_state state;
static struct shunt_agent agent;
static struct shunt_view view;
static struct steered_seen seen;
static __u32 sent;

static int set_up(void **unused)
{
	memset(&state, 0, sizeof(state));
	memset(&agent, 0, sizeof(agent));
	memset(&view, 0, sizeof(view));
	memset(&seen, 0, sizeof(seen));
	maps = (struct maps){ .agent = &agent };
	d = (struct domain){ .maps = &maps, .pool.state = &state, .pool.r.view = &view };
	d.pool.r.geo = (struct shunt_geometry){ .core_ring = RING, .ncores = 1, .nclasses = 1 };
	make_ring(&d.pool.r.rx[0], RING);
	agent.core[0].refused = 100; /* by earlier sockets */
	sent = BEFORE;
	steered_settle(&d, 0, sent);
	return 0;
}

static int tear_down(void **unused)
{
	free(d.pool.r.rx[0].map);
	return 0;
}

static void fill(__u32 n)
{
	ring_set_prod(&d.pool.r.rx[0], ring_prod(&d.pool.r.rx[0]) + n);
}

static void end(__u32 n)
{
	ring_set_cons(&d.pool.r.rx[0], ring_cons(&d.pool.r.rx[0]) + n);
	view.done[0] += n;
}

static void ticks(__u32 running)
{
	for (int i = 0; i < 3; i++)
		steered_heal(&d, &seen, 0, running);
}

static __s32 to_do(void)
{
	return sent - view.done[0];
}

static void test_a_request_on_its_way_to_the_ring_is_not_taken_for_refused(void **s)
{
	sent++;
	ticks(0);
	assert_int_equal(to_do(), 1);
	fill(1);
	ticks(0);
	assert_int_equal(to_do(), 1);
	end(1);
	ticks(0);
	assert_int_equal(to_do(), 0);
}

static void test_what_the_ring_refused_is_not_under_way(void **s)
{
	sent += 5;
	fill(3);
	agent.core[0].refused += 2;
	ticks(0);
	assert_int_equal(to_do(), 3);
	end(3);
	ticks(0);
	assert_int_equal(to_do(), 0);
}

static void test_what_the_kernel_has_yet_to_say_that_it_refused_is_waited_for(void **s)
{
	sent += 2;
	ticks(0);
	assert_int_equal(to_do(), 2);
	agent.core[0].refused += 2;
	ticks(0);
	assert_int_equal(to_do(), 0);
}

static void test_what_runs_or_is_parked_was_not_refused(void **s)
{
	sent += 2;
	fill(2);
	ring_set_cons(&d.pool.r.rx[0], 2); /* taken, not ended */
	ticks(2);
	assert_int_equal(to_do(), 2);
	view.done[0] += 2;
	ticks(0);
	assert_int_equal(to_do(), 0);
}

static void test_a_count_that_is_too_great_is_set_right_at_once(void **s)
{
	sent++;
	fill(1);
	view.done[0] += 2;
	steered_heal(&d, &seen, 0, 0);
	assert_int_equal(to_do(), 1);
}

static void test_with_a_new_worker_what_waits_is_all_there_is(void **s)
{
	sent += 4;
	fill(3);           /* and one is on its way */
	view.done[0] = 77; /* whatever the worker of before wrote */
	steered_settle(&d, 0, sent);
	assert_int_equal(to_do(), 4);
	fill(1);
	end(4);
	ticks(0);
	assert_int_equal(to_do(), 0);
}

static void test_indices_that_a_worker_made_up_count_for_no_more_than_a_ring_holds(void **s)
{
	ring_set_cons(&d.pool.r.rx[0], 123456);
	steered_settle(&d, 0, sent);
	assert_in_range(to_do(), 0, RING);
}

static void test_another_shuntd_goes_on_with_the_same_counts(void **s)
{
	sent += 2;
	fill(1);
	agent.core[0].refused++;
	ticks(0);
	memset(&seen, 0, sizeof(seen)); /* all that an agent keeps to itself */
	ticks(0);
	assert_int_equal(to_do(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		test(test_a_request_on_its_way_to_the_ring_is_not_taken_for_refused),
		test(test_what_the_ring_refused_is_not_under_way),
		test(test_what_the_kernel_has_yet_to_say_that_it_refused_is_waited_for),
		test(test_what_runs_or_is_parked_was_not_refused),
		test(test_a_count_that_is_too_great_is_set_right_at_once),
		test(test_with_a_new_worker_what_waits_is_all_there_is),
		test(test_indices_that_a_worker_made_up_count_for_no_more_than_a_ring_holds),
		test(test_another_shuntd_goes_on_with_the_same_counts),
#undef test
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
