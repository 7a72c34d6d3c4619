// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wake.c - XDP wakes a sleeping agent once, and no request slips by while it falls asleep
 *
 * The agent's wait for XDP is this test's own: a request arrives in it, as from a program that had
 * looked at the word before it was set.
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c agent/wake.c */
#include "arrive.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/log.h"
#include "agent/publish.h"
#include "agent/shared.h"
#include "tests/ring.h"

#define CALM_NS 1000000000ULL /* more than the agent wants */

static struct agent a;
static struct shared own;
static bool arrives; /* a request, while the agent waits */
static int waits;

/* --- what other files of the agent do -------------------------------------------------------- */

int maps_wait_for_xdp(const struct maps *m, __u32 domain, int view_fd)
{
	waits++;
	assert_int_equal(g->dom->asleep, 1);
	if (!arrives)
		return 0;
	g->dom->asleep = 0;
	arrive();
	g->dom->asleep = 1;
	return 0;
}

int shunt_pin_open(const struct shunt_pins *pins, const char *name)
{
	return dup(ingress_map(g, name));
}

void publish_rest(struct publisher *p, bool rests)
{
	assert_int_equal(rests, own.wake.asleep);
}

void log_say(int level, const char *format, ...)
{
}

/* -------------------------------------------------------------------------------------------- */

static int set_up(void **state)
{
	static struct shunt_agent counts[SHUNT_DOMAINS];
	int err = load(state);

	memset(counts, 0, sizeof(counts));
	own = (struct shared){ 0 };
	a = (struct agent){ .own = &own, .now_ns = CALM_NS };
	a.maps.domains = g->dom;
	a.maps.ingress = g->in;
	a.maps.agent = counts;
	a.domain[0] = (struct domain){ .phase = DOMAIN_FREE, .pool.view_fd = g->view_fd };
	waits = 0;
	arrives = false;
	wake_none(&own.wake);
	wake_open(&a);
	assert_non_null(own.wake.ring);
	wake_tick(&a);
	policy_says(HOLD);
	return err;
}

static int tear_down(void **state)
{
	wake_close(&own.wake);
	return unload(state);
}

static void calm(void)
{
	a.now_ns += CALM_NS;
	wake_tick(&a);
}

/* Records that XDP has written and nobody read. */
static bool called(void)
{
	return ring_buffer__poll(own.wake.ring, 0) > 0;
}

static void without_requests_the_agent_falls_asleep(void **state)
{
	assert_false(own.wake.asleep);
	calm();
	assert_true(own.wake.asleep);
	assert_int_equal(g->dom->asleep, 1);
	assert_int_equal(waits, 1);
}

static void a_request_wakes_a_sleeping_agent_once(void **state)
{
	calm();
	assert_false(called());
	arrive();
	assert_int_equal(g->dom->asleep, 0);
	assert_true(called());
	arrive();
	assert_false(called());
}

static void nobody_is_woken_who_does_not_sleep(void **state)
{
	arrive();
	assert_false(called());
}

static void a_request_that_comes_while_it_falls_asleep_keeps_it_awake(void **state)
{
	arrives = true;
	calm();
	assert_int_equal(waits, 1);
	assert_false(own.wake.asleep);
	assert_int_equal(g->dom->asleep, 0);
}

static void an_agent_that_is_woken_is_counted_so_and_looks_at_once(void **state)
{
	calm();
	arrive();
	a.ticked_ns = a.now_ns;
	wake_hear(&a);
	assert_false(own.wake.asleep);
	assert_int_equal(a.ticked_ns, 0);
	assert_int_equal(a.maps.agent[0].woken, 1);
	assert_false(called());
}

static void a_wake_up_that_was_lost_is_found_at_the_next_look(void **state)
{
	calm();
	g->dom->asleep = 0; /* whoever did that: XDP calls nobody now */
	arrive();
	assert_false(called());
	wake_tick(&a);
	assert_false(own.wake.asleep);
}

static void a_request_that_is_not_over_keeps_the_agent_awake(void **state)
{
	struct shunt_ring *rx = a.domain[0].pool.r.rx;

	a.domain[0].phase = DOMAIN_TAKEN;
	a.domain[0].pool.r.view = g->view;
	a.domain[0].pool.r.geo = (struct shunt_geometry){ .ncores = CORES };
	for (int i = 0; i < CORES; i++)
		make_ring(&rx[i], 64);
	g->view->core[1].run.id = 7;
	calm();
	assert_false(own.wake.asleep);
	g->view->core[1].run.id = 0;
	g->view->parked[1].now = 1;
	calm();
	assert_false(own.wake.asleep);
	g->view->parked[1].now = 0;
	ring_set_prod(&rx[2], 1);
	calm();
	assert_false(own.wake.asleep);
	ring_set_cons(&rx[2], 1);
	calm();
	assert_true(own.wake.asleep);
	for (int i = 0; i < CORES; i++)
		free(rx[i].map);
}

#define WAKE_TEST(test) { #test, test, set_up, tear_down, SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		WAKE_TEST(without_requests_the_agent_falls_asleep),
		WAKE_TEST(a_request_wakes_a_sleeping_agent_once),
		WAKE_TEST(nobody_is_woken_who_does_not_sleep),
		WAKE_TEST(a_request_that_comes_while_it_falls_asleep_keeps_it_awake),
		WAKE_TEST(an_agent_that_is_woken_is_counted_so_and_looks_at_once),
		WAKE_TEST(a_wake_up_that_was_lost_is_found_at_the_next_look),
		WAKE_TEST(a_request_that_is_not_over_keeps_the_agent_awake),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
