// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_policy_table.c - views made by hand, and of each built-in policy the answers that its
 * comment promises; every question goes to BPF and to native code
 */
/* link: tests/prog/by_hand.c tests/prog/ingress.c tests/prog/native.c */
#include "by_hand.h"

/* --- what several have in common -------------------------------------------------------------- */

static void to_idle_cores_or_hold(void)
{
	ingress_up(g, 0xf0);
	v->idle = 0;
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	v->idle = 0xa0;
	assert_int_equal(steer((struct shunt_event){ 0 }), 5);
	v->idle = 0x0f; /* idle, but no longer up */
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	ingress_up(g, ~0ULL);
	v->idle = 1ULL << 63;
	assert_int_equal(steer((struct shunt_event){ 0 }), 63);
}

static void lowest_class_first(void)
{
	assert_int_equal(selects(0, 0), GO_ON);
	for (int c = 0; c < SHUNT_CLASSES; c++)
		assert_int_equal(selects(0xffff << c, 0), c);
}

static void oldest_head_first(void)
{
	assert_int_equal(selects(0, 0), GO_ON);
	for (int c = 0; c < SHUNT_CLASSES; c++)
		waited(c, 100 + c);
	assert_int_equal(selects(0xffff, 0), 15);
	assert_int_equal(selects(0x0fff, 0), 11);
	waited(3, 1000);
	assert_int_equal(selects(0x0fff, 0), 3);
	assert_int_equal(selects(0x0ff7, 0), 11);
	waited(2, 1000);
	assert_int_equal(selects(0xffff, 0), 2); /* ties: the lower class */
}

/* The policy steers by a hash of the event: low, middle and high values to cores 3, 10 and 50. */
static void to_a_core_by(struct shunt_event low, struct shunt_event middle, struct shunt_event high)
{
	ingress_up(g, 1ULL << 3 | 1ULL << 10 | 1ULL << 50);
	for (v->idle = 0; v->idle < 2; v->idle++) { /* whether one is idle matters not */
		assert_int_equal(steer(low), 3);
		assert_int_equal(steer(middle), 10);
		assert_int_equal(steer(high), 50);
	}
	ingress_up(g, 0);
	assert_int_equal(steer(low), HOLD);
}

static void by_flow(void)
{
	to_a_core_by((struct shunt_event){ .flow_hash = 0x55555555, .key_hash = ~0u },
		     (struct shunt_event){ .flow_hash = 0x55555556, .key_hash = ~0u },
		     (struct shunt_event){ .flow_hash = ~0u, .key_hash = 0 });
}

/* --- the policies ----------------------------------------------------------------------------- */

static void rss_steers_by_flow_and_selects_the_oldest_head(void **state)
{
	by_flow();
	oldest_head_first();
	assert_false(policy_flags() & SHUNT_STEALS);
}

static void steal_is_rss_whose_idle_cores_steal(void **state)
{
	by_flow();
	oldest_head_first();
	assert_true(policy_flags() & SHUNT_STEALS);
}

static void affinity_steers_by_key(void **state)
{
	to_a_core_by((struct shunt_event){ .key_hash = 0x55555555, .flow_hash = ~0u },
		     (struct shunt_event){ .key_hash = 0x55555556, .flow_hash = ~0u },
		     (struct shunt_event){ .key_hash = ~0u, .flow_hash = 0 });
	oldest_head_first();
}

static void fcfs_takes_an_idle_core_and_the_oldest_head(void **state)
{
	to_idle_cores_or_hold();
	oldest_head_first();
}

static void sq_queues_what_was_preempted_behind_what_waits(void **state)
{
	to_idle_cores_or_hold();
	oldest_head_first();
	assert_true(policy_flags() & SHUNT_PREEMPTS);
	assert_int_equal(ask(SHUNT_ASK_REQUEUE, (struct shunt_event){ .cls = 1 }), SHUNT_TAIL);
	/* Arrived first, but queued last: since it was preempted. */
	head_is(0, NOW - 1000);
	head_is(1, NOW - 100);
	assert_int_equal(selects(3, 0), 0);
	v->core[0].heads.queued_ns[0] = NOW - 10;
	assert_int_equal(selects(3, 0), 1);
	assert_int_equal(selects(3, 1), 0); /* another core sees another head */
}

static void prio_takes_an_idle_core_and_the_lowest_class(void **state)
{
	to_idle_cores_or_hold();
	lowest_class_first();
}

static void mq_takes_the_largest_share_of_its_objective(void **state)
{
	to_idle_cores_or_hold();
	assert_int_equal(selects(0, 0), GO_ON);

	/* the example in its comment */
	v->slo_us[0] = 50;
	v->slo_us[1] = 1000;
	waited(0, 30 * US);
	waited(1, 500 * US);
	assert_int_equal(selects(3, 0), 0);
	waited(1, 601 * US);
	assert_int_equal(selects(3, 0), 1);
	waited(1, 600 * US);
	assert_int_equal(selects(3, 0), 0); /* equal: the lower class */
	waited(1, 600 * US + 1);
	assert_int_equal(selects(3, 0), 1); /* a nanosecond decides */
	assert_int_equal(selects(1, 0), 0);
}

static void mq_takes_classes_without_objective_last_the_oldest_first(void **state)
{
	v->slo_us[5] = SHUNT_SLO_MAX_US;
	waited(5, 0);
	waited(2, 4 * 1000 * 1000 * US);
	waited(3, 1 * US);
	waited(4, 4 * 1000 * 1000 * US);
	assert_int_equal(selects(1 << 2 | 1 << 3 | 1 << 5, 0), 5);
	assert_int_equal(selects(1 << 2 | 1 << 3, 0), 2);
	assert_int_equal(selects(1 << 2 | 1 << 3 | 1 << 4, 0), 2);
	assert_int_equal(selects(1 << 3 | 1 << 4, 0), 4);
}

static void mq_clamps_what_it_reads(void **state)
{
	v->slo_us[0] = ~0u; /* as SHUNT_SLO_MAX_US */
	v->slo_us[1] = SHUNT_SLO_MAX_US;
	waited(0, 1000);
	waited(1, 1000);
	assert_int_equal(selects(3, 0), 0);
	waited(1, 1001);
	assert_int_equal(selects(3, 0), 1);

	head_is(0, NOW + 1000); /* an arrival in the future has not waited */
	waited(1, 0);
	assert_int_equal(selects(3, 0), 0);
	waited(1, 1);
	assert_int_equal(selects(3, 0), 1);

	v->slo_us[0] = 2;
	v->slo_us[1] = 3;
	head_is(0, 1); /* both beyond 32 bits of ns: the tighter objective */
	head_is(1, 0);
	assert_int_equal(selects(3, 0), 0);
	v->slo_us[0] = 4;
	assert_int_equal(selects(3, 0), 1);
}

static void jbsq_takes_the_shortest_queue_below_k(void **state)
{
	ingress_up(g, 0x7);
	v->idle = 4;
	assert_int_equal(steer((struct shunt_event){ 0 }), 2);
	v->idle = 0;
	load_is(0, 2);
	load_is(1, 1);
	load_is(2, 1);
	assert_int_equal(steer((struct shunt_event){ 0 }), 1);
	load_is(2, 0); /* core 3 has 0 too, but is not up */
	assert_int_equal(steer((struct shunt_event){ 0 }), 2);
	load_is(1, 2);
	load_is(2, 2);
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	v->knob[0] = 3;
	assert_int_equal(steer((struct shunt_event){ 0 }), 0);
	v->knob[0] = 1;
	load_is(1, 0); /* it runs a request that was held, as it is not idle */
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	v->knob[0] = 2;
	ingress_up(g, 1ULL << 63 | 1); /* the last there can be */
	assert_int_equal(steer((struct shunt_event){ 0 }), 63);
	oldest_head_first();
}

/* Else an arrival would pass older requests, and k would be
 * no bound on what waits behind the wrong one. */
static void jbsq_holds_while_anything_waits(void **state)
{
	ingress_up(g, 0x3);
	load_is(0, 1);
	load_is(1, 1);
	assert_int_equal(steer((struct shunt_event){ 0 }), 0);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		v->enq[c] = v->deq[c] + 1;
		assert_int_equal(steer((struct shunt_event){ .cls = 1 }), HOLD);
		v->deq[c] = v->enq[c];
	}
	v->enq[5]++;
	v->idle = 2; /* its next look is at what waits; this one finds it idle now */
	assert_int_equal(steer((struct shunt_event){ 0 }), 1);
	v->idle = 0;
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	v->deq[5]++;
	assert_int_equal(steer((struct shunt_event){ 0 }), 0);
}

static void p2c_takes_the_less_loaded_of_two(void **state)
{
	ingress_up(g, 0x33); /* 0, 1, 4, 5 */
	load_is(0, 3);
	load_is(4, 2);
	load_is(5, 3);
	/* the low half of the random word names one, the high half the other */
	assert_int_equal(steer((struct shunt_event){ .random = 0x80000000 }), 4);
	assert_int_equal(steer((struct shunt_event){ .random = 0x00008000 }), 4);
	/* equal: the first */
	assert_int_equal(steer((struct shunt_event){ .random = 0xc0000000 }), 0);
	assert_int_equal(steer((struct shunt_event){ .random = 0x0000c000 }), 5);
	assert_int_equal(steer((struct shunt_event){ .random = 0xffffffff }), 5);
	assert_int_equal(steer((struct shunt_event){ .random = 0x4000ffff }), 1);
	ingress_up(g, 0);
	assert_int_equal(steer((struct shunt_event){ 0 }), HOLD);
	oldest_head_first();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST("sq", sq_queues_what_was_preempted_behind_what_waits),
		POLICY_TEST("rss", rss_steers_by_flow_and_selects_the_oldest_head),
		POLICY_TEST("steal", steal_is_rss_whose_idle_cores_steal),
		POLICY_TEST("affinity", affinity_steers_by_key),
		POLICY_TEST("fcfs", fcfs_takes_an_idle_core_and_the_oldest_head),
		POLICY_TEST("prio", prio_takes_an_idle_core_and_the_lowest_class),
		POLICY_TEST("mq", mq_takes_the_largest_share_of_its_objective),
		POLICY_TEST("mq", mq_takes_classes_without_objective_last_the_oldest_first),
		POLICY_TEST("mq", mq_clamps_what_it_reads),
		POLICY_TEST("jbsq", jbsq_takes_the_shortest_queue_below_k),
		POLICY_TEST("jbsq", jbsq_holds_while_anything_waits),
		POLICY_TEST("p2c", p2c_takes_the_less_loaded_of_two),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
