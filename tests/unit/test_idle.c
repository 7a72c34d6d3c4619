// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_idle.c - a core's idle bit: the writer that clears it owns the core's next request, and a
 * core without its bit takes nothing else for a while
 */
/* link: @core */
/* links more: a core is idle or not by its idle, next, queue and park together */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#include "cores.h"

static struct core *c, *other;
static unsigned int polls;
static int polled_ms; /* the last time */
static bool xdp_claims; /* while the policy is asked */

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	polls++;
	polled_ms = ms;
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = 0;
	return 0;
}

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	if (xdp_claims)
		v->idle &= ~1ULL;
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static int set_up(void **state)
{
	int err = make_cores(lowest);

	c = &s.core[0];
	other = &s.core[1];
	polls = 0;
	xdp_claims = false;
	s.view->serve_from_ns = 0;
	return err;
}

static int tear_down(void **state)
{
	remove_cores();
	return 0;
}

static void arrive(struct shunt_ring *r, int cls)
{
	static uint64_t id = 1;
	uint64_t addr = (id++ % FRAMES) * 2048 + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = id,
				  .arrival_ns = 1,
				  .cls = cls,
				  .hold_seq = *r->prod,
				  .payload = 42,
				  .len = 18,
				  .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
}

static void be_idle(bool claimed)
{
	idle_turn(c);
	assert_true(c->idle);
	assert_int_equal(s.view->idle & 1, 1);
	if (claimed)
		s.view->idle &= ~1ULL;
}

static void wait_ns(uint64_t ns)
{
	for (uint64_t end = clock_ns() + ns; clock_ns() < end;)
		;
}

static void a_claimed_core_keeps_free_for_50_us_then_counts_itself_unfed(void **state)
{
	uint64_t began;

	be_idle(true);
	arrive(&s.hold[1], 1);
	began = clock_ns();
	assert_false(next_take(c) && clock_ns() - began < CLAIM_WAIT_NS);
	assert_int_equal(ring_count(&s.hold[1]), 1);
	wait_ns(CLAIM_WAIT_NS + 1000);
	assert_true(next_take(c));
	assert_int_equal(c->line->stats.unfed, 1);
	assert_int_equal(c->item->req.cls, 1);
}

static void an_unfed_core_sets_its_bit_again(void **state)
{
	be_idle(true);
	assert_false(next_take(c));
	wait_ns(CLAIM_WAIT_NS + 1000);
	assert_false(next_take(c));
	idle_turn(c);
	assert_int_equal(s.view->idle & 1, 1);
	assert_true(c->idle);
}

/* As core.c does. */
static bool take_and_be_busy(void)
{
	bool taken = s.transport->take(c);

	if (taken)
		idle_over(c);
	return taken;
}

static void a_claimed_core_takes_what_it_was_claimed_for_at_once(void **state)
{
	be_idle(true);
	arrive(&s.hold[1], 1);
	arrive(&c->rx, 0);
	assert_true(take_and_be_busy());
	assert_int_equal(c->item->slot, 0);
	assert_false(c->idle);
}

static void who_has_something_to_do_is_idle_no_more(void **state)
{
	be_idle(false);
	arrive(&c->rx, 0);
	assert_true(take_and_be_busy());
	assert_int_equal(s.view->idle, 0);
	assert_false(c->idle);
	assert_int_equal(c->idle_ns, 0);
}

/* XDP's claim comes between the look at the rings and the take. */
static void who_is_claimed_meanwhile_takes_nothing_held(void **state)
{
	be_idle(false);
	arrive(&s.hold[0], 0);
	xdp_claims = true;
	assert_false(next_take(c));
	assert_int_equal(ring_count(&s.hold[0]), 1);
	assert_int_not_equal(c->claimed_ns, 0);
}

static void who_is_claimed_meanwhile_resumes_nothing(void **state)
{
	arrive(&s.hold[0], 0);
	assert_true(queue_pop(c, SHUNT_HOLD_SLOT, c->item));
	park_put(c, -1);
	be_idle(false);
	xdp_claims = true;
	assert_false(next_take(c));
	assert_int_equal(s.park.n, 1);
}

static void who_is_claimed_meanwhile_steals_nothing(void **state)
{
	policy.flags = SHUNT_STEALS;
	be_idle(false);
	arrive(&other->rx, 0);
	xdp_claims = true;
	assert_false(next_take(c));
	assert_int_equal(ring_count(&other->rx), 1);
	xdp_claims = false;
	wait_ns(CLAIM_WAIT_NS + 1000);
	assert_true(next_take(c));
}

/* Between the bit and the sleep it looks at its rings. */
static void a_core_looks_once_more_before_it_sleeps(void **state)
{
	s.opts.idle = SHUNT_IDLE_SLEEP;
	idle_turn(c);
	assert_int_equal(polls, 0);
	assert_int_equal(s.view->idle & 1, 1);
	assert_false(next_take(c));
	idle_turn(c);
	assert_int_equal(polls, 1);
}

static void a_claimed_core_does_not_sleep(void **state)
{
	s.opts.idle = SHUNT_IDLE_SLEEP;
	be_idle(true);
	assert_false(next_take(c));
	idle_turn(c);
	assert_int_equal(polls, 0);
}

static void nobody_sleeps_beside_a_parked_request(void **state)
{
	s.opts.idle = SHUNT_IDLE_SLEEP;
	be_idle(false);
	arrive(&s.hold[0], 0);
	assert_true(queue_pop(other, SHUNT_HOLD_SLOT, other->item));
	park_put(other, -1);
	idle_turn(c);
	assert_int_equal(polls, 0);
}

static void who_parks_a_request_wakes_one_that_sleeps_and_nobody_else(void **state)
{
	eventfd_t n = 0;

	arrive(&s.hold[0], 0);
	assert_true(queue_pop(c, SHUNT_HOLD_SLOT, c->item));
	other->run->state = SHUNT_CORE_IDLE;
	park_put(c, -1);
	assert_int_not_equal(eventfd_read(s.unpark, &n), 0);
	assert_true(park_take(c, 0));
	other->run->state = SHUNT_CORE_ASLEEP;
	park_put(c, -1);
	assert_int_equal(eventfd_read(s.unpark, &n), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static uint64_t work(unsigned int core, void *arg)
{
	return 0;
}

static void a_core_sleeps_no_longer_than_the_application_s_own_work_lets_it(void **state)
{
	s.opts.idle = SHUNT_IDLE_SLEEP;
	s.opts.between = work;
	be_idle(false);
	c->due_ns = 0; /* there is more to do */
	idle_turn(c);
	assert_int_equal(polls, 0);
	c->due_ns = clock_ns() + 900000; /* sooner than a sleep ends */
	idle_turn(c);
	assert_int_equal(polls, 0);
	c->due_ns = clock_ns() + 20000000;
	idle_turn(c);
	assert_int_equal(polls, 1);
	assert_in_range(polled_ms, 1, 20);
	c->due_ns = ~0ULL;
	idle_turn(c);
	assert_int_equal(polls, 2);
	assert_int_equal(polled_ms, 100);
	s.opts.between = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_claimed_core_keeps_free_for_50_us_then_counts_itself_unfed),
		TEST(an_unfed_core_sets_its_bit_again),
		TEST(a_claimed_core_takes_what_it_was_claimed_for_at_once),
		TEST(who_has_something_to_do_is_idle_no_more),
		TEST(who_is_claimed_meanwhile_takes_nothing_held),
		TEST(who_is_claimed_meanwhile_resumes_nothing),
		TEST(who_is_claimed_meanwhile_steals_nothing),
		TEST(a_core_looks_once_more_before_it_sleeps),
		TEST(a_claimed_core_does_not_sleep),
		TEST(a_core_sleeps_no_longer_than_the_application_s_own_work_lets_it),
		TEST(nobody_sleeps_beside_a_parked_request),
		TEST(who_parks_a_request_wakes_one_that_sleeps_and_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
