// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_expire.c - requests that waited too long while nobody served: taken from their rings,
 * counted once, their frames back in the fill ring, whichever instruction the agent dies at
 */
/* link: agent/expire.c agent/actors.c agent/frames.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/domain.h"
#include "agent/expire.h"
#include "clock.h"
#include "tests/ring.h"

#define NFRAMES 64
#define CHUNK 2048
#define RING 16
#define MS 1000000ULL
#define NOW (10000 * MS)
#define HOLD(c) (SHUNT_HOLD_SLOT + (c))

static struct domain d;
static struct maps maps;
static struct domain_state state;
static struct shunt_agent agent;
static struct shunt_view view;
static int settled;

void domain_settle_counts(struct domain *of)
{
	settled++;
}

static int set_up(void **unused)
{
	memset(&d, 0, sizeof(d));
	memset(&state, 0, sizeof(state));
	memset(&agent, 0, sizeof(agent));
	settled = 0;
	maps = (struct maps){ .agent = &agent, .cfg.hold_age_ms = 1000 };
	d.maps = &maps;
	d.pool.state = &state;
	d.pool.r.view = &view;
	d.pool.r.geo = (struct shunt_geometry){ .nframes = NFRAMES, .chunk = CHUNK,
						.core_ring = RING, .hold_ring = RING,
					   .fill_ring = 2 * NFRAMES, .ncores = 2, .nclasses = 2 };
	d.pool.r.memory = calloc(NFRAMES, CHUNK);
	make_ring(&d.pool.r.fill[0], 2 * NFRAMES);
	for (__u32 k = 0; k < sockets_of(&d.pool.r.geo); k++)
		make_ring(&d.pool.r.rx[slot_of(&d.pool.r.geo, k)], RING);
	return 0;
}

static int tear_down(void **unused)
{
	free(d.pool.r.memory);
	free(d.pool.r.fill[0].map);
	for (__u32 k = 0; k < sockets_of(&d.pool.r.geo); k++)
		free(d.pool.r.rx[slot_of(&d.pool.r.geo, k)].map);
	return 0;
}

static struct shunt_meta *meta(__u32 frame)
{
	return (struct shunt_meta *)(d.pool.r.memory + frame * CHUNK + 256 -
				     sizeof(struct shunt_meta));
}

/* A request of the class, in this frame, that came so long ago (0: it does not say). */
static void arrives(__u32 slot, __u32 frame, __u32 cls, __u64 ago)
{
	struct shunt_ring *rx = &d.pool.r.rx[slot];
	__u32 prod = ring_prod(rx);

	*meta(frame) = (struct shunt_meta){ .cls = cls, .arrival_ns = ago ? NOW - ago : 0 };
	rx->desc[prod & rx->mask] = (struct xdp_desc){ .addr = frame * CHUNK + 256, .len = 60 };
	ring_set_prod(rx, prod + 1);
}

static void the_old_end_and_the_young_wait_on(void **unused)
{
	arrives(HOLD(1), 3, 1, 3000 * MS);
	arrives(HOLD(1), 4, 1, 1001 * MS);
	arrives(HOLD(1), 5, 1, 999 * MS);
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[1].expired, 2);
	assert_int_equal(agent.cls[0].expired, 0);
	assert_int_equal(ring_count(&d.pool.r.rx[HOLD(1)]), 1);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 2);
	assert_int_equal(d.pool.r.fill[0].addr[0], 3 * CHUNK);
	assert_int_equal(d.pool.r.fill[0].addr[1], 4 * CHUNK);
	assert_int_equal(settled, 1);
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[1].expired, 2);
	assert_int_equal(settled, 1);
}

static void what_a_core_left_is_as_old_as_the_last_core_is_off(void **unused)
{
	arrives(0, 7, 1, 0);
	arrives(1, 8, 0, 0);
	state.unserved_ns = NOW - 1000 * MS;
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[0].expired + agent.cls[1].expired, 0);
	expire_old(&d, NOW + MS);
	assert_int_equal(agent.cls[1].expired, 1);
	assert_int_equal(agent.cls[0].expired, 1);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 2);
}

/* A machine that was just started, or root's nonsense: 49 days. */
static void no_request_is_older_than_the_machine(void **unused)
{
	maps.cfg.hold_age_ms = ~0u;
	expire_serve(&d);
	assert_true(view.serve_from_ns < clock_ns());
	maps.cfg.hold_age_ms = 1;
	expire_serve(&d);
	assert_true(view.serve_from_ns < clock_ns() && view.serve_from_ns > clock_ns() - 1000 * MS);
}

/* A worker may have made up an address whose metadata is aligned for no atomic access. */
static void a_core_that_stands_still_learns_how_old_they_are(void **unused)
{
	static const char untouched[CHUNK];

	state.unserved_ns = NOW - MS;
	arrives(0, 7, 1, 0);
	arrives(0, 8, 1, 10 * MS);
	arrives(0, 9, 1, 0);
	d.pool.r.rx[0].desc[2].addr = 9 * CHUNK + 256 + 4;
	memset(meta(9), 0, sizeof(*meta(9)));
	expire_while_none_serves(&d, NOW);
	assert_int_equal(meta(7)->arrival_ns, NOW - MS);
	assert_int_equal(meta(8)->arrival_ns, NOW - 10 * MS);
	assert_memory_equal(d.pool.r.memory + 9 * CHUNK, untouched, CHUNK);
}

static void what_is_left_for_a_worker_says_when_it_came(void **unused)
{
	arrives(0, 7, 1, 0);
	arrives(0, 8, 1, 10 * MS);
	state.unserved_ns = NOW - 500 * MS;
	expire_before_worker(&d, NOW);
	assert_int_equal(ring_count(&d.pool.r.rx[0]), 2);
	assert_int_equal(meta(7)->arrival_ns, NOW - 500 * MS);
	assert_int_equal(meta(8)->arrival_ns, NOW - 10 * MS);
}

static void without_a_limit_all_wait(void **unused)
{
	maps.cfg.hold_age_ms = 0;
	arrives(HOLD(0), 3, 0, 9000 * MS);
	expire_before_worker(&d, NOW);
	assert_int_equal(ring_count(&d.pool.r.rx[HOLD(0)]), 1);
}

/* A worker wrote what it liked. */
static void nonsense_in_ring_and_metadata_is_bounded(void **unused)
{
	struct shunt_ring *rx = &d.pool.r.rx[0];

	state.unserved_ns = 1;
	arrives(0, 7, 200, 0);                              /* no such class */
	arrives(0, 8, 0, 0);
	rx->desc[1].addr = ~0ULL;                           /* no such frame */
	arrives(0, 9, 0, 0);
	rx->desc[2].addr = 9 * CHUNK + 8;                   /* no room for metadata */
	arrives(HOLD(0), 10, 0, 0);
	meta(10)->arrival_ns = NOW + 1;                     /* has not come yet */
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[0].expired, 3);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 2);
	assert_int_equal(ring_count(&d.pool.r.rx[HOLD(0)]), 1);
	ring_set_prod(&d.pool.r.rx[HOLD(0)], 1000);              /* more than there is room for */
	meta(10)->arrival_ns = 1;
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[0].expired, 3);
}

/* A child of a worker has the ring still: as many come as are taken, as the ring that frames are
 * given to has the same indexes. */
static void a_ring_that_is_filled_again_for_ever_has_an_end(void **unused)
{
	struct shunt_ring *rx = &d.pool.r.rx[HOLD(0)], fill = d.pool.r.fill[0];

	free(rx->map);
	make_ring(rx, 1024);
	ring_set_prod(rx, 1024);
	d.pool.r.fill[0].prod = rx->prod;
	d.pool.r.fill[0].cons = rx->cons;
	arrives(HOLD(1), 3, 1, 3000 * MS);
	alarm(20);
	expire_old(&d, NOW);
	alarm(0);
	assert_int_equal(agent.cls[1].expired, 1);
	assert_true(agent.cls[0].expired >= 1024);
	assert_true(ring_count(rx) >= 1024);
	d.pool.r.fill[0] = fill;
}

/* The agent died with its intent written, before or after the ring's consumer moved. */
static void an_agent_that_dies_in_a_step_counts_once(void **unused)
{
	arrives(HOLD(1), 3, 1, 3000 * MS);
	agent.cls[1].expired = 5;
	state.expiring = (struct expiring){ .ring = HOLD(1) + 1, .cons = 0, .sum[1] = 6,
					    .nframes = 1, .frame = { 3 } };
	expire_finish(&d);
	assert_int_equal(agent.cls[1].expired, 5);
	assert_int_equal(state.expiring.ring, 0);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 0);
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[1].expired, 6);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 1);

	state.expiring = (struct expiring){ .ring = HOLD(1) + 1, .cons = 1, .sum[1] = 7,
					    .nframes = 1, .frame = { 4 }, .fill = { 1 } };
	arrives(HOLD(1), 4, 1, 3000 * MS);
	ring_set_cons(&d.pool.r.rx[HOLD(1)], 2);
	settled = 0;
	expire_finish(&d);
	assert_int_equal(settled, 1);
	assert_int_equal(state.expiring.ring, 0);
	expire_finish(&d);
	expire_old(&d, NOW);
	assert_int_equal(agent.cls[1].expired, 7);
}

/* It died behind the consumer index, before or after the frames had gone to the kernel, which has
 * used them since. */
static void an_agent_that_dies_in_a_step_gives_each_frame_once(void **unused)
{
	const struct expiring died = { .ring = HOLD(1) + 1, .cons = 0, .sum[1] = 2, .nframes = 2,
				       .frame = { 3, 4 }, .fill = { 0 } };

	arrives(HOLD(1), 3, 1, 3000 * MS);
	arrives(HOLD(1), 4, 1, 3000 * MS);
	ring_set_cons(&d.pool.r.rx[HOLD(1)], 2);
	state.expiring = died;
	expire_finish(&d);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 2);
	assert_int_equal(d.pool.r.fill[0].addr[0], 3 * CHUNK);
	assert_int_equal(d.pool.r.fill[0].addr[1], 4 * CHUNK);

	ring_set_cons(&d.pool.r.fill[0], 2);
	d.pool.r.fill[0].addr[2] = 9 * CHUNK; /* one more since */
	ring_set_prod(&d.pool.r.fill[0], 3);
	state.expiring = died;
	expire_finish(&d);
	assert_int_equal(ring_count(&d.pool.r.fill[0]), 1);
	assert_int_equal(agent.cls[1].expired, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_old_end_and_the_young_wait_on),
		TEST(what_a_core_left_is_as_old_as_the_last_core_is_off),
		TEST(a_core_that_stands_still_learns_how_old_they_are),
		TEST(what_is_left_for_a_worker_says_when_it_came),
		TEST(without_a_limit_all_wait),
		TEST(no_request_is_older_than_the_machine),
		TEST(nonsense_in_ring_and_metadata_is_bounded),
		TEST(a_ring_that_is_filled_again_for_ever_has_an_end),
		TEST(an_agent_that_dies_in_a_step_counts_once),
		TEST(an_agent_that_dies_in_a_step_gives_each_frame_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
