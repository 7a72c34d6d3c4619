// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_watch.c - which running requests shuntd marks, and how soon it looks again
 */
/* link: agent/watch.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "lib/clock.h"
#include "agent/phase.h"
#include "agent/thread.h"
#include "agent/watch.h"
#include "agent/worker.h"
#include "tests/ring.h"

#define WATCH_NS 10000000ULL
#define RING 16
#define OVER_NS 1000000000ULL /* since a second; its quantum is 5 us */

static struct agent *a;
static struct domain *d;
static struct shunt_view view;
static struct shunt_agent counts;
static struct domain_state state;

bool worker_may_be_signalled(struct domain *of)
{
	return false;
}

int thread_signal(int process, __u32 pid, __u32 tid, int sig)
{
	fail_msg("a signal");
	return 0;
}

/* A request that runs for longer than its quantum, while one of its class is held. */
static int set_up(void **unused)
{
	a = calloc(1, sizeof(*a));
	d = &a->domain[0];
	view = (struct shunt_view){ .quantum_us = { 5 }, .enq = { 1 } };
	view.core[0].run.id = 7;
	view.core[0].run.start_ns = clock_ns() - OVER_NS;
	counts = (struct shunt_agent){ 0 };
	a->maps.agent = &counts;
	a->maps.cfg = (struct shunt_cfg){ .flags = SHUNT_CFG_PREEMPT, .watch_us = 10000 };
	d->maps = &a->maps;
	d->phase = DOMAIN_TAKEN;
	d->worker.up = 1;
	d->pool.state = &state;
	d->pool.r.view = &view;
	d->pool.r.geo = (struct shunt_geometry){ .ncores = 1, .nclasses = 1 };
	make_ring(&d->pool.r.rx[0], RING);
	return 0;
}

static int tear_down(void **unused)
{
	free(d->pool.r.rx[0].map);
	free(a);
	return 0;
}

/* Time until the next look, after so many. */
static __u64 pause_after(int looks)
{
	while (looks--) {
		a->now_ns = clock_ns();
		watch_running(a, watch_marks);
	}
	return a->watch_ns - a->now_ns;
}

static void a_request_that_nobody_has_marked_is_marked_and_looked_at_again_soon(void **unused)
{
	a->calm = 12; /* looks had become rare */
	assert_int_equal(pause_after(1), WATCH_NS);
	assert_int_equal(view.core[0].mark.by[SHUNT_MARK_AGENT].id, 7);
	assert_int_equal(view.core[0].mark.look, 1);
	assert_int_equal(counts.marks, 1);
}

static void a_core_that_looks_by_itself_is_looked_at_seldom(void **unused)
{
	view.core[0].mark.look = 1;
	assert_true(pause_after(20) > 2 * WATCH_NS);
	assert_int_equal(view.core[0].mark.by[SHUNT_MARK_AGENT].id, 7);
	assert_int_equal(counts.marks, 1); /* once, as its quantum may have been made shorter */
}

static void a_request_beside_which_nothing_waits_goes_on(void **unused)
{
	view.deq[0] = view.enq[0];
	assert_true(pause_after(20) > 2 * WATCH_NS);
	assert_int_equal(view.core[0].mark.look, 0);
}

/* Nothing of its own service waits, and its class has no quantum. */
static void a_request_whose_seat_another_service_wants_is_marked(void **unused)
{
	view.deq[0] = view.enq[0];
	view.quantum_us[0] = 0;
	d->seat_ns = 5000;
	d->seat_wanted = 2; /* another core's */
	pause_after(1);
	assert_int_equal(view.core[0].mark.look, 0);
	d->seat_wanted = 1;
	pause_after(1);
	assert_int_equal(view.core[0].mark.by[SHUNT_MARK_AGENT].id, 7);
	assert_true(view.core[0].mark.by[SHUNT_MARK_AGENT].deadline_ns ==
		    view.core[0].run.start_ns + 5000);
}

static void where_signals_are_sent_each_look_is_as_soon(void **unused)
{
	a->maps.cfg.grace_us = 1000;
	view.core[0].mark.look = 1;
	assert_int_equal(pause_after(20), WATCH_NS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_that_nobody_has_marked_is_marked_and_looked_at_again_soon),
		TEST(a_core_that_looks_by_itself_is_looked_at_seldom),
		TEST(a_request_beside_which_nothing_waits_goes_on),
		TEST(a_request_whose_seat_another_service_wants_is_marked),
		TEST(where_signals_are_sent_each_look_is_as_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
