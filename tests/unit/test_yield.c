// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_yield.c - which requests yield: marks late and in time, deadlines, bounds, demotion
 *
 * One core of the library on memory of its own; requests are put into
 * its hold ring by hand and run on contexts as core.c runs them.
 */
/* link: @core hostlib/yield.c hostlib/transport/wire.c hostlib/transport/wire_credit.c */
/* link: hostlib/transport/wire_attach.c hostlib/transport/wire_epoch.c */
/* links more: a core that yields takes its next request, on either transport */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CORES 1
#define CLASSES 3
#define RING 64
#include "cores.h"

#define MARKS 1000000
#define FAR 4000000000u /* us, an hour: a quantum that no test
			 * outlasts, wherever it is kept waiting */

static struct core *c;
static struct shunt_core_preempt *n;

static int oldest(struct shunt_view *v, const struct shunt_event *ev)
{
	uint64_t since = ~0ULL;
	int best = -1;

	for (int i = 0; i < CLASSES; i++) {
		if ((ev->waiting >> i & 1) && v->core[0].heads.queued_ns[i] < since) {
			since = v->core[0].heads.queued_ns[i];
			best = i;
		}
	}
	return best;
}

static int set_up(void **state)
{
	assert_int_equal(make_cores(oldest), 0);
	c = &s.core[0];
	n = &c->line->preempt;
	s.view->parked_max = 8;
	policy.flags = SHUNT_NEEDS_HEADS;
	yield_thread(c);
	return 0;
}

static int tear_down(void **state)
{
	preempt_worker_end();
	remove_cores();
	return 0;
}

/* A request of a class that arrived then; visible: NAPI has published it. */
static void hold(int cls, uint64_t arrival, bool visible)
{
	struct shunt_ring *r = &s.hold[cls];
	uint64_t addr = (uint64_t)(s.view->enq[cls] + 20 * cls) * 2048 + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = 1000 + s.view->enq[cls], .arrival_ns = arrival, .cls = cls,
		.hold_seq = s.view->enq[cls], .payload = 42, .len = 18, .abi = SHUNT_ABI };
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	s.view->enq[cls]++;
	if (visible)
		++*r->prod;
}

static void mark(enum shunt_marker by, uint64_t id, uint64_t deadline)
{
	c->line->mark.by[by] = (struct shunt_mark){ .id = id, .deadline_ns = deadline };
	c->line->mark.look = 1;
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

/* Runs what c->item is, from its beginning or from where it was parked; until it ends or yields. */
static bool go_on(void)
{
	queue_run(c, c->item);
	yield_start(c, clock_ns());
	ctx_enter(&c->home, c->item->ctx);
	yield_end(c);
	return c->item->ended;
}

/* A new request of a class. True: it ended; false: it yielded. */
static bool run(uint64_t id, int cls, void (*what)(void))
{
	struct item *it = c->item;

	*it = (struct item){ .core = c, .queue = cls, .sane = true, .slot = SHUNT_HOLD_SLOT };
	it->req.id = it->sent = id;
	it->req.cls = cls;
	it->req.arrival_ns = it->queued_ns = clock_ns();
	it->ctx = ctx_get(&s.stacks);
	assert_non_null(it->ctx);
	body = what;
	ctx_start(it->ctx, on_stack, it);
	if (go_on()) {
		park_done(c, it);
		c->run->id = 0;
		return true;
	}
	return false;
}

/* Until the core has looked at the clock, whatever it skips. */
static void many_safepoints(void)
{
	for (int i = 0; i < 20000; i++)
		shunt_safepoint();
}

static void until_stopped(void)
{
	uint64_t end = clock_ns() + 200000000;

	while (clock_ns() < end)
		shunt_safepoint();
}

static void what_came_before_anybody_serves_expires_and_what_came_after_does_not(void **state)
{
	hold(1, 100, true);
	hold(1, 200, true);
	s.view->serve_from_ns = 150;
	assert_true(queue_pop(c, SHUNT_HOLD_SLOT + 1, c->item));
	assert_true(queue_expire(c, c->item));
	assert_int_equal(c->line->expired.n[1], 1);
	assert_int_equal(c->line->cls[1].replied + c->line->cls[1].noreply, 0);
	assert_int_equal(c->run->id, 0);
	assert_int_equal(s.view->deq[1], 1);
	assert_int_equal(c->nfree, 1);
	assert_true(queue_pop(c, SHUNT_HOLD_SLOT + 1, c->item));
	assert_false(queue_expire(c, c->item));
	assert_int_equal(c->run->base, 1); /* so the agent knows what ended
					    * before it, should we die in it */
	c->run->id = 0;
}

static void what_waited_too_long_goes_first_whatever_the_policy_says(void **state)
{
	hold(0, 200, true);
	hold(0, ~0ULL >> 1, true);
	hold(1, 100, true);
	s.view->slo_us[0] = s.view->expire[0] = 1;
	s.view->expires = 1 << 0;
	assert_true(next_take(c));
	assert_int_equal(c->item->req.cls, 0);
	assert_true(queue_expire(c, c->item));
	assert_true(next_take(c)); /* the policy takes the oldest */
	assert_int_equal(c->item->req.cls, 1);
	c->run->id = 0;
}

/* --- invariant 3 ------------------------------------------------------------------------------ */

static uint64_t late_id;
static enum shunt_marker late_by;

/* The mark for the request before arrives while this one runs, with a deadline that has passed. */
static void late_mark(void)
{
	mark(late_by, late_id, c->start_ns + 1); /* it would be due at once */
	preempt_here()->skip = 0; /* and the core looks */
	shunt_safepoint();
	shunt_safepoint();
}

static void marks_for_another_request_stop_nobody(void **state)
{
	s.view->quantum_us[1] = FAR;
	hold(0, 1, true); /* something waits all the time, and would be picked */
	for (uint64_t id = 2; id < MARKS + 2; id++) {
		late_id = id - 1;
		late_by = id % SHUNT_NR_MARKERS;
		assert_true(run(id, 1, late_mark));
	}
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
	assert_int_equal(n->late, MARKS);
}

/* --- in time ---------------------------------------------------------------------------------- */

static void own_mark(void)
{
	mark(SHUNT_MARK_XDP, 7, c->start_ns + 1);
	until_stopped();
}

static void a_mark_for_this_request_stops_it_at_its_deadline(void **state)
{
	s.view->quantum_us[1] = FAR;
	hold(0, 1, true);
	assert_false(run(7, 1, own_mark));
	assert_int_equal(c->yields, PREEMPT_SAFEPOINT);
	park_put(c, -1);
	assert_int_equal(s.ctl->parked[0].id, 7);
	assert_int_equal(c->run->id, 0);
	assert_int_equal(s.view->parked[0].cls[1], 1);
	assert_true(park_take(c, 1));
	assert_int_equal(c->run->id, 7);
	assert_int_equal(s.ctl->parked[0].id, 0);
}

static uint32_t held_seq; /* as the mark has it */

/* By its metadata the waiting request came later than the running one, which would go on; the mark
 * says that it came before. */
static void mark_of_an_early_one(void)
{
	c->line->mark.held = (struct shunt_mark_for){ .arrival_ns = 1, .seq = held_seq, .cls = 0 };
	mark(SHUNT_MARK_XDP, 7, c->start_ns + 1);
	many_safepoints();
}

static void a_mark_tells_when_the_head_came_and_of_no_other(void **state)
{
	s.view->quantum_us[1] = FAR;
	s.view->cls[1].requeue = SHUNT_HEAD;
	hold(0, ~0ULL >> 1, true);
	held_seq = 1; /* not the head */
	assert_true(run(7, 1, mark_of_an_early_one));
	held_seq = 0;
	assert_false(run(7, 1, mark_of_an_early_one));
}

static void nobody_yields_when_nothing_waits(void **state)
{
	s.view->quantum_us[1] = 1;
	assert_true(run(7, 1, many_safepoints));
	mark(SHUNT_MARK_XDP, 8, 1);
	assert_true(run(8, 1, many_safepoints));
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
	assert_int_equal(c->line->mark.look, 0); /* and safepoints are cheap again */
}

static void a_core_stops_its_request_without_any_mark_if_something_waits(void **state)
{
	s.view->quantum_us[1] = 5;
	hold(0, 1, true);
	assert_false(run(7, 1, until_stopped));
	assert_true(c->now - c->start_ns >= 5000);
}

static void a_class_without_a_quantum_is_not_preempted(void **state)
{
	hold(0, 1, true);
	mark(SHUNT_MARK_XDP, 7, 1);
	assert_true(run(7, 1, many_safepoints));
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
}

static void who_would_be_picked_again_goes_on(void **state)
{
	s.view->quantum_us[1] = 1;
	s.view->cls[1].requeue = SHUNT_HEAD; /* keeps its place, and what waits came later */
	hold(0, ~0ULL >> 1, true);
	assert_true(run(7, 1, many_safepoints));
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
	assert_true(n->stayed > 0);
}

static void what_napi_has_not_published_is_waited_for(void **state)
{
	s.view->quantum_us[1] = 1;
	hold(0, 1, false);
	assert_true(run(7, 1, many_safepoints));
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
	++*s.hold[0].prod;
	assert_false(run(8, 1, until_stopped));
}

/* --- bounds ----------------------------------------------------------------------------------- */

static void at_the_bound_nobody_is_preempted(void **state)
{
	s.view->quantum_us[1] = 1;
	s.view->parked_max = 2;
	hold(0, 1, true);
	for (int i = 0; i < 2; i++) {
		assert_false(run(7 + i, 1, until_stopped));
		park_put(c, -1);
	}
	assert_true(run(9, 1, many_safepoints));
	assert_true(n->full > 0);
	assert_int_equal(s.view->parked[0].now, 2);
	assert_int_equal(s.view->parked[0].peak, 2);
}

static void who_used_up_its_quanta_is_demoted(void **state)
{
	s.view->quantum_us[1] = 1;
	s.view->cls[1].demote_after = 2;
	s.view->cls[1].demote_to = 2;
	hold(0, 1, true);
	assert_false(run(7, 1, until_stopped));
	assert_int_equal(c->item->queue, 1);
	park_put(c, -1);
	assert_true(park_take(c, 1));
	assert_false(go_on());
	assert_int_equal(c->item->queue, 2);
	assert_int_equal(c->item->req.cls, 1); /* it is counted as what it is */
	assert_int_equal(n->demoted, 1);
	park_put(c, -1);
	assert_false(park_take(c, 1));
	assert_int_equal(s.view->parked[0].cls[1], 1);
	assert_true(park_take(c, 2));
}

static void parked_requests_are_resumed_in_the_order_they_queued(void **state)
{
	static const int order[] = { 3, 1, 4, 2 };

	s.view->quantum_us[1] = 1;
	hold(0, 1, true);
	for (int i = 0; i < 4; i++) {
		assert_false(run(10 + order[i], 1, until_stopped));
		c->item->queued_ns = order[i];
		park_put(c, -1);
	}
	for (int i = 1; i <= 4; i++) {
		assert_true(park_take(c, 1));
		assert_int_equal(c->item->req.id, 10 + i);
	}
}

static void who_parks_takes_the_one_that_was_named_if_it_is_there(void **state)
{
	s.view->quantum_us[1] = s.view->quantum_us[2] = 1;
	hold(0, 1, true);
	assert_false(run(11, 1, until_stopped));
	assert_false(park_put(c, 2));
	assert_false(run(12, 2, until_stopped));
	assert_true(park_put(c, 1));
	assert_int_equal(c->item->req.id, 11);
	assert_int_equal(c->run->id, 11);
	assert_int_equal(s.ctl->parked[0].id, 0);
	assert_int_equal(s.ctl->parked[1].id, 12);
	assert_int_equal(s.view->parked[0].now, 1);
}

/* --- on the wire ------------------------------------------------------------------------------ */

static struct wire wire;

static void on_wire(void)
{
	wire = (struct wire){ .epoch = 3, .high = 8 };
	c->wire = &wire;
	s.transport = &transport_wire;
	s.view->quantum_us[1] = 5;
}

static void on_the_wire_who_goes_first_waits_for_the_quantum_and_no_longer(void **state)
{
	on_wire();
	wire.nfirst = 1;
	assert_false(run(7, 1, until_stopped));
	assert_true(c->now - c->start_ns >= 5000);
}

/* A frame for which look is set, but which is in no ring yet. */
static void one_comes(void)
{
	c->line->mark.came = SHUNT_CAME(3, 9);
	c->line->mark.look = 1;
	until_stopped();
}

static void on_the_wire_what_came_counts_before_the_ring_shows_it(void **state)
{
	on_wire();
	assert_false(run(7, 1, one_comes));
	assert_true(c->now - c->start_ns >= 5000);
}

static void on_the_wire_what_was_taken_or_is_of_another_epoch_stops_nobody(void **state)
{
	on_wire();
	c->line->mark.came = SHUNT_CAME(3, 8);
	c->line->mark.look = 1;
	assert_true(run(7, 1, many_safepoints));
	c->line->mark.came = SHUNT_CAME(2, 9);
	c->line->mark.look = 1;
	assert_true(run(8, 1, many_safepoints));
	assert_int_equal(c->line->mark.look, 0);
}

static void on_the_wire_a_preempt_stops_whom_it_names_and_nobody_else(void **state)
{
	on_wire();
	assert_false(run(7, 1, own_mark));
	for (uint64_t id = 8; id < 10008; id++) {
		late_id = id - 1;
		late_by = id % SHUNT_NR_MARKERS;
		assert_true(run(id, 1, late_mark));
	}
	assert_int_equal(n->yielded[SHUNT_BY_SAFEPOINT], 0);
}

/* Puts a request that arrived then into todo; held: the NIC kept it for a while. */
static void taken(uint64_t arrival, bool held)
{
	uint64_t addr = 2048 + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = 9, .arrival_ns = arrival, .payload = 42, .len = 18,
				  .abi = SHUNT_ABI };
	wire.todo[wire.tail++ % WIRE_TODO] = (struct wire_todo){ .seq = 9, .addr = addr, .len = 60,
								 .id = 9, .held = held };
}

static void on_the_wire_an_idle_core_counts_what_it_finds_held_and_is_idle_no_more(void **state)
{
	const struct shunt_core_stats *st = &c->line->stats;

	on_wire();
	for (int held = 0; held <= 1; held++) {
		c->idle_ns = 1;
		taken(1, held);
		assert_true(wire_next(c));
		assert_int_equal(st->found, held);
		assert_int_equal(st->found_late, held); /* long ago */
		assert_int_equal(c->idle_ns, 0);
	}
	taken(1, true); /* there was something to do all the time */
	assert_true(wire_next(c));
	assert_int_equal(st->found, 1);
}

#define YIELD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		YIELD_TEST(what_came_before_anybody_serves_expires_and_what_came_after_does_not),
		YIELD_TEST(what_waited_too_long_goes_first_whatever_the_policy_says),
		YIELD_TEST(marks_for_another_request_stop_nobody),
		YIELD_TEST(a_mark_for_this_request_stops_it_at_its_deadline),
		YIELD_TEST(a_mark_tells_when_the_head_came_and_of_no_other),
		YIELD_TEST(nobody_yields_when_nothing_waits),
		YIELD_TEST(a_core_stops_its_request_without_any_mark_if_something_waits),
		YIELD_TEST(a_class_without_a_quantum_is_not_preempted),
		YIELD_TEST(who_would_be_picked_again_goes_on),
		YIELD_TEST(what_napi_has_not_published_is_waited_for),
		YIELD_TEST(at_the_bound_nobody_is_preempted),
		YIELD_TEST(who_used_up_its_quanta_is_demoted),
		YIELD_TEST(parked_requests_are_resumed_in_the_order_they_queued),
		YIELD_TEST(who_parks_takes_the_one_that_was_named_if_it_is_there),
		YIELD_TEST(on_the_wire_who_goes_first_waits_for_the_quantum_and_no_longer),
		YIELD_TEST(on_the_wire_what_came_counts_before_the_ring_shows_it),
		YIELD_TEST(on_the_wire_what_was_taken_or_is_of_another_epoch_stops_nobody),
		YIELD_TEST(on_the_wire_a_preempt_stops_whom_it_names_and_nobody_else),
		YIELD_TEST(on_the_wire_an_idle_core_counts_what_it_finds_held_and_is_idle_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
