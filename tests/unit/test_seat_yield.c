// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_yield.c - a request makes room for another service of its CPU: what waits there counts
 * as waiting, by the word of the seat alone; no mark tells of it
 *
 * One core of the library on memory of its own; nothing waits in its own rings.
 */
/* link: @core hostlib/yield.c hostlib/transport/wire.c hostlib/transport/wire_credit.c */
/* link: hostlib/transport/wire_attach.c hostlib/transport/wire_epoch.c */
/* links more: a core that yields takes its next request, on either transport */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CORES 1
#define CLASSES 2
#include "cores.h"
#include "hostlib/seat.h"

#define ME 0
#define OTHER 1
#define CLS 1

static struct core *c;
static struct shunt_seats all;
static struct seat seat;

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static void word_is(uint32_t on, uint32_t wants)
{
	__atomic_store_n(&all.seat[0].word, SHUNT_SEAT(7, 0, on, wants), __ATOMIC_RELEASE);
}

static int set_up(void **state)
{
	assert_int_equal(make_cores(lowest), 0);
	c = &s.core[0];
	yield_thread(c);
	all = (struct shunt_seats){ .n = 1 };
	seat = (struct seat){ .all = &all, .line = &all.seat[0], .pair = -1, .ask = -1, .turn = 7 };
	c->seat = &seat;
	s.domain = ME;
	word_is(ME + 1, 0);
	return 0;
}

static int tear_down(void **state)
{
	c->seat = NULL;
	preempt_worker_end();
	remove_cores();
	return 0;
}

static void (*body)(void);

static void on_stack(void *arg)
{
	struct item *it = arg;

	preempt_request_begin();
	body();
	preempt_request_end();
	it->ended = true;
	ctx_exit(it->ctx);
}

/* A request. True: it ended; false: it yielded. */
static bool run(void (*what)(void))
{
	struct item *it = c->item;

	*it = (struct item){ .core = c, .queue = CLS, .sane = true, .slot = SHUNT_HOLD_SLOT };
	it->req.id = it->sent = 7;
	it->req.cls = CLS;
	it->req.arrival_ns = it->queued_ns = clock_ns();
	it->ctx = ctx_get(&s.stacks);
	assert_non_null(it->ctx);
	body = what;
	ctx_start(it->ctx, on_stack, it);
	queue_run(c, it);
	yield_start(c, clock_ns());
	ctx_enter(&c->home, it->ctx);
	yield_end(c);
	if (it->ended) {
		park_done(c, it);
		c->run->id = 0;
	}
	return it->ended;
}

static void until_stopped(void)
{
	uint64_t end = clock_ns() + 200000000;

	while (clock_ns() < end)
		shunt_safepoint();
}

static void many_safepoints(void)
{
	for (int i = 0; i < 20000; i++)
		shunt_safepoint();
}

/* As XDP does where the first request of a service that is away comes. */
static void wanted_midway(void)
{
	word_is(ME + 1, SHUNT_SEAT_WANT(OTHER));
	__atomic_store_n(&c->line->mark.look, 1, __ATOMIC_RELEASE);
	until_stopped();
}

static void taken_midway(void)
{
	word_is(OTHER + 1, 0);
	__atomic_store_n(&c->line->mark.look, 1, __ATOMIC_RELEASE);
	until_stopped();
}

static uint64_t in_a_while(void)
{
	return clock_ns() + 2000000;
}

/* --- what waits is another service's ---------------------------------------------------------- */

static void a_request_yields_when_the_seats_time_is_over_and_another_service_waits(void **state)
{
	word_is(ME + 1, SHUNT_SEAT_WANT(OTHER));
	seat.until_ns = in_a_while();
	assert_false(run(until_stopped));
	assert_true(clock_ns() >= seat.until_ns);
}

static void its_quantum_ends_earlier_and_it_goes_on_until_the_seats_time_is_over(void **state)
{
	s.view->quantum_us[CLS] = 1;
	word_is(ME + 1, SHUNT_SEAT_WANT(OTHER));
	seat.until_ns = in_a_while();
	assert_false(run(until_stopped));
	assert_true(clock_ns() >= seat.until_ns);
	assert_int_equal(c->next.cls, 0); /* nobody of its own goes on instead */
}

static void a_service_that_comes_to_wait_while_a_request_runs_counts(void **state)
{
	for (int quantum = 0; quantum < 2; quantum++) {
		s.view->quantum_us[CLS] = quantum;
		word_is(ME + 1, 0);
		seat.until_ns = clock_ns();
		assert_false(run(wanted_midway));
		park_put(c, -1);
	}
}

static void a_request_whose_seat_was_taken_yields_at_once(void **state)
{
	seat.until_ns = ~0ULL;
	assert_false(run(taken_midway));
}

static void where_no_other_service_waits_a_request_goes_on(void **state)
{
	for (int quantum = 0; quantum < 2; quantum++) {
		s.view->quantum_us[CLS] = quantum;
		seat.until_ns = 0;
		assert_true(run(many_safepoints));
	}
}

static void a_service_that_is_barred_does_not_count_as_waiting(void **state)
{
	word_is(ME + 1, SHUNT_SEAT_WANT(OTHER));
	all.seat[0].barred = SHUNT_SEAT_WANT(OTHER);
	seat.until_ns = 0;
	assert_true(run(many_safepoints));
}

#define SEAT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEAT_TEST(a_request_yields_when_the_seats_time_is_over_and_another_service_waits),
		SEAT_TEST(its_quantum_ends_earlier_and_it_goes_on_until_the_seats_time_is_over),
		SEAT_TEST(a_service_that_comes_to_wait_while_a_request_runs_counts),
		SEAT_TEST(a_request_whose_seat_was_taken_yields_at_once),
		SEAT_TEST(where_no_other_service_waits_a_request_goes_on),
		SEAT_TEST(a_service_that_is_barred_does_not_count_as_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
