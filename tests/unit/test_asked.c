// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_asked.c - a core does not ask a policy that takes any class where only one waits, and asks
 * in all other cases
 */
/* link: @core */
/* links more: what a core takes next is chosen by its next, queue and park together */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CORES 1
#include "cores.h"

static struct core *c;
static unsigned int asked;

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	asked++;
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

static int set_up(void **state)
{
	int err = make_cores(lowest);

	c = &s.core[0];
	s.view->parked_max = 8;
	policy.flags = SHUNT_NEEDS_HEADS | SHUNT_TAKES_ANY;
	asked = 0;
	return err;
}

static int tear_down(void **state)
{
	remove_cores();
	return 0;
}

static void arrive(uint32_t cls)
{
	static uint64_t id = 1;
	struct shunt_ring *r = &s.hold[cls];
	uint64_t addr = (id % FRAMES) * 2048 + 256;
	struct shunt_meta *m = (struct shunt_meta *)(s.memory + addr - sizeof(*m));

	*m = (struct shunt_meta){ .id = id, .arrival_ns = id, .cls = cls, .payload = 42,
				  .hold_seq = s.view->enq[cls]++, .len = 18, .abi = SHUNT_ABI };
	id++;
	r->desc[*r->prod & r->mask] = (struct xdp_desc){ .addr = addr, .len = 60 };
	ring_set_prod(r, *r->prod + 1);
}

static void assert_takes(uint32_t cls)
{
	assert_true(next_take(c));
	assert_int_equal(c->item->req.cls, cls);
	assert_int_equal(s.view->deq[cls], s.view->enq[cls]);
}

static void the_only_class_that_waits_is_taken_unasked(void **state)
{
	arrive(1);
	assert_takes(1);
	assert_int_equal(asked, 0);
	assert_int_equal(c->line->heads.queued_ns[1], 0); /* nor told of */
}

static void an_idle_core_takes_its_bit_back_before_it_takes_unasked(void **state)
{
	idle_turn(c);
	assert_int_equal(s.view->idle, 1);
	arrive(1);
	assert_takes(1);
	assert_int_equal(s.view->idle, 0);
	assert_false(c->idle);
}

static void a_core_that_xdp_claimed_takes_nothing_unasked(void **state)
{
	idle_turn(c);
	arrive(1);
	s.view->idle = 0;
	assert_false(next_take(c));
	assert_int_equal(ring_count(&s.hold[1]), 1);
}

static void of_two_classes_the_policy_names_one(void **state)
{
	arrive(1);
	arrive(0);
	assert_takes(0);
	assert_int_equal(asked, 1);
}

static void a_policy_that_promises_nothing_is_asked(void **state)
{
	policy.flags = SHUNT_NEEDS_HEADS;
	arrive(1);
	assert_takes(1);
	assert_int_equal(asked, 1);
}

static void beside_a_parked_request_of_another_class_it_is_asked(void **state)
{
	arrive(0);
	assert_takes(0);
	park_put(c, -1);
	arrive(1);
	assert_true(next_take(c));
	assert_int_equal(c->item->req.cls, 0);
	assert_int_equal(asked, 1);
}

static void of_one_class_the_request_queued_longest_goes_unasked(void **state)
{
	uint64_t first;

	arrive(0);
	assert_takes(0);
	first = c->item->req.id;
	park_put(c, -1);
	arrive(0);
	assert_true(next_take(c));
	assert_int_equal(c->item->req.id, first);
	assert_takes(0);
	assert_int_equal(c->item->req.id, first + 1);
	assert_int_equal(asked, 0);
}

static void a_parked_request_alone_goes_on_unasked(void **state)
{
	arrive(0);
	assert_takes(0);
	park_put(c, -1);
	assert_true(next_take(c));
	assert_int_equal(c->item->req.cls, 0);
	assert_int_equal(asked, 0);
}

/* One class: the one of them goes on that is queued longest. */
static void asked_to_yield_to_its_own_class_the_core_knows_the_answer(void **state)
{
	uint64_t since;

	arrive(0);
	assert_takes(0);
	arrive(0);
	assert_int_equal(next_ask(c, &policy, 1000, 1, &since), ASKED_GO_ON);
	assert_int_equal(next_ask(c, &policy, 1000, 1000, &since), ASKED_YIELD);
	assert_int_equal(asked, 0);
	arrive(1);
	next_ask(c, &policy, 1000, 1, &since);
	assert_int_equal(asked, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_only_class_that_waits_is_taken_unasked),
		TEST(an_idle_core_takes_its_bit_back_before_it_takes_unasked),
		TEST(a_core_that_xdp_claimed_takes_nothing_unasked),
		TEST(of_two_classes_the_policy_names_one),
		TEST(a_policy_that_promises_nothing_is_asked),
		TEST(beside_a_parked_request_of_another_class_it_is_asked),
		TEST(of_one_class_the_request_queued_longest_goes_unasked),
		TEST(a_parked_request_alone_goes_on_unasked),
		TEST(asked_to_yield_to_its_own_class_the_core_knows_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
