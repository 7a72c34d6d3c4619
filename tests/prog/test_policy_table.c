// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_policy_table.c - views made by hand, and of each built-in policy the answers that its
 * comment promises; every question goes to BPF and to native code
 */
/* link: tests/prog/ingress.c tests/prog/native.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingress.h"
#include "native.h"

#define NOW 5000000000000ULL
#define US 1000ULL
#define HOLD (-1)
#define GO_ON (-1)

static struct ingress *g;
static struct native n;
static struct shunt_view *v; /* the one in BPF's map; native code reads it too */

static int load(void **state)
{
	char object[64];

	snprintf(object, sizeof(object), "build/bpf/%s.o", (char *)*state);
	g = ingress_load(object, 4, 4);
	native_load(&n, object);
	assert_string_equal(n.desc->name, *state);
	v = g->view;
	return 0;
}

static int unload(void **state)
{
	native_free(&n);
	ingress_free(g);
	return 0;
}

static int ask(enum shunt_ask_op op, struct shunt_event ev)
{
	int bpf;

	ev.now_ns = NOW;
	ev.run_cls = SHUNT_NONE;
	bpf = ingress_ask(g, op, &ev);
	assert_int_equal(native_ask(&n, op, v, &ev), bpf);
	return bpf;
}

static int steer(struct shunt_event ev)
{
	return ask(SHUNT_ASK_STEER, ev);
}

/* The class that core selects of those in "waiting". */
static int selects(__u16 waiting, __u8 core)
{
	return ask(SHUNT_ASK_SELECT, (struct shunt_event){ .waiting = waiting, .core = core });
}

/* The head of a class arrived at ns, and was not preempted. All cores see that. */
static void head_is(int cls, __u64 ns)
{
	for (int i = 0; i < SHUNT_CORES; i++)
		v->core[i].heads.head_ns[cls] = v->core[i].heads.queued_ns[cls] = ns;
}

/* The head of a class has waited so long. */
static void waited(int cls, __u64 ns)
{
	head_is(cls, NOW - ns);
}

static void load_is(int core, __u32 load)
{
	v->sent[core] = 0xfffffffe + load; /* the counts wrap */
	v->done[core] = 0xfffffffe;
}

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
	assert_false(n.desc->flags & SHUNT_STEALS);
}

static void steal_is_rss_whose_idle_cores_steal(void **state)
{
	by_flow();
	oldest_head_first();
	assert_true(n.desc->flags & SHUNT_STEALS);
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
	assert_true(n.desc->flags & SHUNT_PREEMPTS);
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

static void darc_keeps_classes_to_their_cores(void **state)
{
	ingress_up(g, 0xf);
	v->knob[1] = 0xc;
	v->idle = 0x3;
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), 0);
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), HOLD);
	v->idle = 0xb;
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 3);
	assert_int_equal(selects(1 << 1, 0), GO_ON);
	assert_int_equal(selects(1 << 1, 2), 1);
	assert_int_equal(selects(1 << 1 | 1 << 2, 0), 2);
	assert_int_equal(selects(1 << 1 | 1 << 2, 3), 1);
	assert_int_equal(selects(1 << 0 | 1 << 1, 3), 0);
}

static void darc_opens_all_cores_to_a_class_whose_own_are_down(void **state)
{
	ingress_up(g, 0x3);
	v->knob[1] = 0xc;
	v->idle = 0x2;
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 1);
	assert_int_equal(selects(1 << 1, 0), 1);
}

/* Requests of the class end at that rate a second, and take us each. */
static void served(int cls, __u32 rate, __u32 us)
{
	v->rate[cls] = rate;
	v->mean_ns[cls] = us * US;
}

/* The cores that class cls may use, once darc has planned. */
static __u64 planned(int cls)
{
	__u64 use = v->plan[0].use;

	ask(SHUNT_ASK_PLAN, (struct shunt_event){ 0 });
	v->plan[0].use = use ^ 1;
	return v->plan[0].word[(use & 1) ^ 1][cls];
}

static void darc_reserves_cores_by_the_part_of_work_of_the_shortest(void **state)
{
	ingress_up(g, 0xff0);
	served(0, 8000, 10);
	served(1, 80, 1000);
	assert_int_equal(planned(0), 0xff0);
	assert_int_equal(planned(1), 0xf00); /* half of the work, half of the cores */
	served(1, 560, 1000); /* an eighth of the work is class 0's */
	assert_int_equal(planned(1), 0xfe0);
	served(1, 246, 1000); /* 1.97 cores of 8 */
	assert_int_equal(planned(1), 0xfc0);
	served(1, 340, 1000); /* 1.52 */
	assert_int_equal(planned(1), 0xfc0);
	served(1, 350, 1000); /* 1.49 */
	assert_int_equal(planned(1), 0xfe0);
}

static void darc_reserves_one_core_at_least_and_leaves_one(void **state)
{
	ingress_up(g, 0xff);
	served(0, 1, 1);
	served(1, 8000, 1000);
	assert_int_equal(planned(1), 0xfe);
	served(0, 8000000, 1);
	served(1, 1, 2000);
	assert_int_equal(planned(1), 0x80);
	served(2, 1, 500000); /* the one that is left is for both */
	assert_int_equal(planned(1), 0x80);
	assert_int_equal(planned(2), 0x80);
	ingress_up(g, 0x4);
	assert_int_equal(planned(0), 0x4);
	assert_int_equal(planned(2), 0x4);
}

static void darc_goes_by_service_times_and_not_by_the_order_of_classes(void **state)
{
	ingress_up(g, 0xf);
	v->idle = 0x2;
	served(0, 100, 1000);
	served(1, 10000, 10);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(0), 0xc);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), HOLD);
	assert_int_equal(steer((struct shunt_event){ .cls = 1 }), 1);
	assert_int_equal(selects(0x3, 0), 1);
	assert_int_equal(selects(0x3, 3), 1); /* the shortest first */
	assert_int_equal(selects(0x1, 0), GO_ON);
	assert_int_equal(selects(0x1, 2), 0);
}

static void darc_lets_classes_share_whose_times_are_within_a_factor_of_2(void **state)
{
	ingress_up(g, 0xf);
	served(0, 5000, 10);
	served(1, 2500, 20);
	served(2, 100, 1000);
	assert_int_equal(planned(0), 0xf);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(2), 0xc);
	served(1, 2500, 21);
	assert_int_equal(planned(1), 0xe);
}

static void darc_reserves_nothing_for_what_does_not_come_or_is_new(void **state)
{
	ingress_up(g, 0xf);
	served(0, 0, 1);
	served(1, 100, 100);
	served(3, 10, 1000);
	assert_int_equal(planned(0), 0xf);
	assert_int_equal(planned(1), 0xf);
	assert_int_equal(planned(2), 0);
	assert_int_equal(planned(3), 0xc);
	assert_int_equal(selects(1 << 2, 0), 2);
	served(1, 0, 100);
	served(3, 0, 1000);
	assert_int_equal(planned(3), 0xf); /* nobody's work is known */
}

static void darc_takes_a_knob_in_place_of_its_plan(void **state)
{
	ingress_up(g, 0xf);
	served(0, 10000, 10);
	served(1, 100, 1000);
	assert_int_equal(planned(1), 0xc);
	assert_int_equal(selects(1 << 1, 0), GO_ON);
	v->knob[1] = 0x1;
	assert_int_equal(selects(1 << 1, 0), 1);
	assert_int_equal(selects(1 << 1, 3), GO_ON);
	assert_int_equal(planned(1), 0xc);
}

#define POLICY_TEST(policy, test)                                                                  \
	{ #test, test, load, unload, policy }

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
		POLICY_TEST("darc", darc_keeps_classes_to_their_cores),
		POLICY_TEST("darc", darc_opens_all_cores_to_a_class_whose_own_are_down),
		POLICY_TEST("darc", darc_reserves_cores_by_the_part_of_work_of_the_shortest),
		POLICY_TEST("darc", darc_reserves_one_core_at_least_and_leaves_one),
		POLICY_TEST("darc", darc_goes_by_service_times_and_not_by_the_order_of_classes),
		POLICY_TEST("darc", darc_lets_classes_share_whose_times_are_within_a_factor_of_2),
		POLICY_TEST("darc", darc_reserves_nothing_for_what_does_not_come_or_is_new),
		POLICY_TEST("darc", darc_takes_a_knob_in_place_of_its_plan),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
