// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_slo.c - slo: the earliest deadline first; the budgets by which it rejects requests, and what
 * plan() makes of requests that ended late
 */
/* link: tests/prog/by_hand.c tests/prog/ingress.c tests/prog/native.c */
#include "by_hand.h"

#define CUT (SHUNT_CLASSES) /* words of the plan: what is cut off the budget, of 1024 … */
#define OWN 32              /* … and from this bit on, for the class's own requests */
#define BUDGET SHUNT_CLASSES /* bit of a class's word from which its budget is */

/* Class 0: 10 us, objective 100 us; class 1: 500 us, 2 ms; class 2 without an objective. */
static void two_classes(__u64 cores)
{
	ingress_up(g, cores);
	v->slo_us[0] = 100;
	v->slo_us[1] = 2000;
	served(0, 10000, 10);
	served(1, 1000, 500);
	served(2, 10, 100);
}

/* So many requests of the class were held, and taken since. */
static void taken(int cls, __u32 n)
{
	v->enq[cls] += n;
	v->deq[cls] += n;
}

/* So many requests came to an idle core, and ended. */
static void came_to_idle_core(int n)
{
	for (; n > 0; n -= 2) /* ask() tells it twice */
		ask(SHUNT_ASK_DONE, (struct shunt_event){ .cls = 0, .core = 1, .steered = 1,
							  .run_ns = now });
}

/* A second later. */
static __u64 then_planned(int word)
{
	now += US << 20;
	return planned(word);
}

/* A second later, in which all requests had to wait, and class 1 took a 20th of a core. */
static __u64 then_full(int word)
{
	taken(0, 1000);
	taken(1, 100);
	return then_planned(word);
}

/* The first plan after those of another policy, and one of cores that are full. */
static void full_so_far(void)
{
	then_planned(0);
	then_full(0);
}

static bool refuses(int cls)
{
	return steer((struct shunt_event){ .cls = cls }) == REJECT;
}

/* Behind so many waiting requests of the class one more is let in, and behind one more none. */
static void assert_most(int cls, __u32 n)
{
	backlog_is(cls, n);
	assert_false(refuses(cls));
	backlog_is(cls, n + 1);
	assert_true(refuses(cls));
}

/* Requests of the class that ran on that core ended so long after their arrival. */
static void ended(int cls, int core, int n, __u64 after_us)
{
	for (; n > 0; n -= 2) /* ask() tells it twice */
		ask(SHUNT_ASK_DONE, (struct shunt_event){ .cls = cls, .core = core,
							  .steered = SHUNT_NONE,
							  .run_ns = now - after_us * US });
}

static void slo_keeps_a_preempted_request_in_its_place(void **state)
{
	v->cls[0].requeue = SHUNT_TAIL;
	assert_int_equal(ask(SHUNT_ASK_REQUEUE, (struct shunt_event){ .cls = 0 }), SHUNT_HEAD);
}

static void slo_takes_an_idle_core_whatever_waits(void **state)
{
	two_classes(0xf0);
	backlog_is(0, 1000);
	planned(0);
	v->idle = 0x60;
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), 5);
}

static void slo_takes_the_earliest_deadline(void **state)
{
	two_classes(1);
	waited(0, 10 * US);
	waited(1, 1900 * US);
	assert_int_equal(selects(3, 0), 0); /* 90 us, 100 us */
	waited(1, 1920 * US);
	assert_int_equal(selects(3, 0), 1);
	assert_int_equal(selects(1, 0), 0);
	assert_int_equal(selects(0, 0), GO_ON);
}

/* Those behind it in its class may still be in time; a tighter class soon does not wait for it. */
static void slo_takes_a_late_one_as_if_it_had_twice_as_long_as_it_is_late(void **state)
{
	two_classes(1);
	waited(0, 10 * US); /* 90 us left */
	waited(1, 2044 * US);
	assert_int_equal(selects(3, 0), 1); /* 88 us */
	waited(1, 2046 * US);
	assert_int_equal(selects(3, 0), 0); /* 92 us */
	waited(0, 500 * US); /* 50 us: half of its objective, at most */
	waited(1, 1940 * US);
	assert_int_equal(selects(3, 0), 0);
	waited(1, 1960 * US);
	assert_int_equal(selects(3, 0), 1);
}

/* There may be any number of them, older than all others. */
static void slo_takes_late_ones_that_are_never_refused_after_others(void **state)
{
	two_classes(1);
	v->admit[1] = SHUNT_ADMIT_ALL;
	planned(0);
	waited(0, 101 * US);
	waited(1, 1000000 * US);
	assert_int_equal(selects(3, 0), 0);
	waited(0, 10 * US);
	assert_int_equal(selects(3, 0), 0);
	waited(1, 1999 * US); /* it is not late */
	assert_int_equal(selects(3, 0), 1);
	waited(1, 1000000 * US);
	waited(2, 2000000 * US);
	assert_int_equal(selects(1 << 1 | 1 << 2, 0), 1);
	v->admit[0] = SHUNT_ADMIT_ALL;
	planned(0);
	waited(0, 500 * US);
	waited(1, 10 * US);
	assert_int_equal(selects(3, 0), 1);
}

static void slo_takes_classes_without_objective_last_the_oldest_first(void **state)
{
	two_classes(1);
	waited(2, 1000000 * US);
	waited(1, 2001 * US);
	assert_int_equal(selects(1 << 1 | 1 << 2, 0), 1);
	waited(3, 1000001 * US);
	assert_int_equal(selects(1 << 2 | 1 << 3, 0), 3);
	waited(3, 999999 * US);
	assert_int_equal(selects(1 << 2 | 1 << 3, 0), 2);
}

static void slo_refuses_nothing_before_it_has_planned(void **state)
{
	two_classes(1);
	backlog_is(0, 100000);
	backlog_is(1, 100000);
	for (int c = 0; c < 3; c++)
		assert_int_equal(steer((struct shunt_event){ .cls = c }), HOLD);
}

/* 100 us on one core, less the request's own 10 and half of one that runs: eight may wait. */
static void slo_refuses_what_would_end_after_its_deadline(void **state)
{
	two_classes(1);
	planned(0);
	assert_most(0, 8);
	ingress_up(g, 0xf); /* 34 on four */
	planned(0);
	assert_most(0, 34);
}

/* Class 0 takes a tenth of the core: 2 ms less 200 us and 1.5 times the request's own 500. */
static void slo_counts_for_a_class_what_tighter_ones_have_and_will_bring(void **state)
{
	two_classes(1);
	planned(0);
	backlog_is(1, 2);
	assert_false(refuses(1));
	backlog_is(0, 6);
	assert_true(refuses(1));
	backlog_is(0, 5);
	assert_false(refuses(1));
	backlog_is(0, 0);
	backlog_is(1, 3);
	assert_true(refuses(1));
	assert_false(refuses(0)); /* which goes before all of these */
}

/* A core runs a request of class 1 or none: that makes the half of it that else counts always. */
static void slo_counts_what_its_one_core_has_begun(void **state)
{
	two_classes(1);
	planned(0);
	assert_most(1, 2);
	v->core[0].run.state = SHUNT_CORE_BUSY;
	planned(0);
	assert_most(1, 2); /* (2000 - 200 - 500) / 500 */
	v->parked[1].cls[1] = 2;
	assert_most(1, 1);
	v->core[0].run.id = 7;
	v->core[0].run.cls = 0;
	assert_most(1, 1);
	v->core[0].run.cls = 1;
	v->parked[0].cls[1] = 1;
	assert_most(1, 0);
	v->parked[0].cls[0] = 100; /* of another class */
	assert_most(1, 0);
	v->least[2] = 5;
	planned(0);
	assert_most(1, 2); /* as without looking */
	v->least[2] = 0;
	ingress_up(g, 3);
	planned(0);
	assert_most(1, 4); /* (4000 - 200 - 1500) / 500: by halves of what may run */
}

/* Counts of what was taken go on from one policy to the next: 20 s of one core's work. */
static void slo_starts_from_what_is_taken_after_it_came_into_force(void **state)
{
	two_classes(1);
	taken(0, 2000000);
	planned(0);
	assert_most(1, 2);
	taken(0, 2000);
	now += 20000 * US;
	planned(0); /* all that a core could do in these 20 ms */
	backlog_is(1, 0);
	assert_true(refuses(1));
}

/* Of half a minute without shuntd only the rates of the last second are known. */
static void slo_plans_by_rates_alone_where_the_plan_before_is_old(void **state)
{
	two_classes(1);
	full_so_far();
	taken(0, 2000000);
	taken(1, 1000);
	ended(0, 0, 20000, 101);
	now += 30000000ULL * US;
	assert_int_equal(planned(CUT + 1), 0);
	assert_most(1, 2);
}

static void slo_never_refuses_a_class_without_objective(void **state)
{
	two_classes(1);
	planned(0);
	backlog_is(0, 1000);
	backlog_is(1, 1000);
	backlog_is(2, 1000000);
	assert_false(refuses(2));
	assert_true(refuses(0));
}

/* Requests of tighter classes leave no time: only an idle core would do. */
static void slo_refuses_all_that_cannot_be_in_time(void **state)
{
	two_classes(1);
	served(0, 80000, 10);
	assert_int_equal(planned(1) >> BUDGET, 0);
	assert_true(refuses(1));
	served(0, 200000, 10); /* more than there is */
	assert_int_equal(planned(1) >> BUDGET, 0);
}

/* Class 3 takes no time that is known, class 1 has a looser objective, class 2 none at all. */
static void slo_plans_which_classes_are_before_one(void **state)
{
	two_classes(1);
	v->slo_us[3] = 50;
	v->slo_us[15] = 50;
	served(15, 10, 10);
	assert_int_equal(planned(0) & 0xffff, 1 << 0 | 1 << 15);
	assert_int_equal(planned(1) & 0xffff, 1 << 0 | 1 << 1 | 1 << 15);
	assert_int_equal(planned(2), 0);
	backlog_is(15, 11); /* the last class counts like any other */
	assert_true(refuses(0));
	backlog_is(15, 0);
	assert_false(refuses(0));
}

static void slo_takes_a_slack_in_percent(void **state)
{
	two_classes(1);
	v->knob[0] = 50;
	planned(0);
	assert_most(0, 3);
	v->knob[0] = ~0ULL; /* ten times at most */
	planned(0);
	assert_most(0, 98);
}

/* In percent of the objective, by class. All that is let in is work before others. */
static void slo_lets_in_what_a_class_is_configured_to(void **state)
{
	two_classes(1);
	v->admit[0] = 50;
	planned(0);
	assert_most(0, 3);
	v->admit[0] = SHUNT_ADMIT_ALL;
	assert_int_equal(planned(0), 0);
	backlog_is(0, 100000);
	assert_false(refuses(0));
	assert_true(refuses(1));
	v->admit[0] = 200;
	v->knob[0] = 50;
	planned(0);
	assert_most(0, 8);
}

/* 10485 of class 0 and 1048 of class 1 end between two plans. */
static void slo_cuts_budgets_of_looser_classes_once_1_percent_were_late(void **state)
{
	two_classes(0x3);
	full_so_far();
	ended(0, 0, 52, 101);
	ended(0, 1, 52, 101);
	assert_int_equal(then_full(CUT + 1), 0); /* 104 of 10485 */
	ended(0, 0, 52, 101);
	ended(0, 1, 54, 101);
	ended(1, 0, 20, 1999);
	assert_int_equal(then_full(CUT + 1), 128);
	assert_int_equal(then_full(CUT), 0);
	assert_int_equal(then_full(CUT + 2), 0); /* no objective, no budget */
}

static void slo_cuts_no_looser_class_that_takes_no_time(void **state)
{
	two_classes(0x1);
	for (int i = 0; i < 2; i++) {
		taken(0, 1000);
		then_planned(0);
	}
	taken(0, 1000);
	ended(0, 0, 200, 101);
	assert_int_equal(then_planned(CUT + 1), 0);
	assert_int_equal(v->plan[0].word[v->plan[0].use & 1][CUT] >> OWN, 128);
}

static void slo_cuts_a_class_itself_where_no_looser_one_is_left_to_cut(void **state)
{
	two_classes(0x1);
	full_so_far();
	ended(1, 0, 12, 2001);
	assert_int_equal(then_full(CUT + 1) >> OWN, 128);
	assert_int_equal(then_full(CUT), 0);
	for (int i = 0; i < 30; i++) {
		ended(0, 0, 200, 101);
		then_full(0);
	}
	assert_in_range(then_full(CUT + 1) & 1023, 850, 960); /* the most, or little less */
	assert_in_range(then_full(CUT) >> OWN, 128, 800);
}

/* Whatever its own lateness cuts off: nothing would be gained by refusing that one, too. */
static void slo_leaves_room_for_one_that_waits(void **state)
{
	two_classes(0x1);
	v->slo_us[1] = 0;
	full_so_far();
	for (int i = 0; i < 100; i++) {
		ended(0, 0, 200, 101);
		then_full(0);
	}
	assert_int_equal(v->plan[0].word[v->plan[0].use & 1][CUT] >> OWN, 960);
	assert_int_equal(planned(0) >> BUDGET, 1);
	assert_most(0, 0);
}

/* 500 us, of which half, cut by 128 of 1024: 31 us before their deadlines' turn. */
static void slo_takes_requests_sooner_whose_class_is_late_by_itself(void **state)
{
	two_classes(0x1);
	full_so_far();
	waited(0, 10 * US);
	waited(1, 1880 * US);
	now = NOW;
	assert_int_equal(selects(3, 0), 0); /* 90 us, 120 us */
	full_so_far();
	ended(1, 0, 12, 2001);
	assert_int_equal(then_full(CUT + 1) >> OWN, 128);
	now = NOW;
	assert_int_equal(selects(3, 0), 1);
	waited(1, 1878 * US);
	assert_int_equal(selects(3, 0), 0);
}

/* However long they are: by the tightest objective, 100 us. */
static void slo_takes_no_request_sooner_by_more_than_the_tightest_objective(void **state)
{
	two_classes(0x1);
	full_so_far();
	ended(1, 0, 12, 2001);
	v->mean_ns[1] = ~0U;
	assert_int_equal(then_full(CUT + 1) >> OWN, 128);
	now = NOW;
	waited(0, 10 * US);
	waited(1, 1808 * US);
	assert_int_equal(selects(3, 0), 0); /* 90 us, 192 us */
	waited(1, 1812 * US);
	assert_int_equal(selects(3, 0), 1);
}

static void slo_lets_budgets_grow_again(void **state)
{
	two_classes(0x1);
	full_so_far();
	ended(1, 0, 12, 2001);
	assert_int_equal(then_full(CUT + 1) >> OWN, 128);
	assert_int_equal(then_full(CUT + 1) >> OWN, 124);
	for (int i = 0; i < 150; i++)
		then_full(0);
	assert_int_equal(then_full(CUT + 1), 0);
}

/* Four classes share a word of the core. */
static void slo_counts_late_requests_of_each_class(void **state)
{
	two_classes(1);
	v->slo_us[4] = 3000;
	served(4, 1000, 100);
	full_so_far();
	taken(4, 200);
	ended(1, 0, 12, 2001);
	ended(0, 0, 2, 101);
	then_full(0);
	assert_int_equal(then_full(CUT), 0);
	assert_int_equal(then_full(CUT + 1), 0);
	assert_in_range(then_full(CUT + 4), 100, 128); /* it is looser than class 1 */
}

/* Two seconds, in each of which 1 % of class 0 and more were late: class 1's cut. */
static __u64 cut_after_late(int cls)
{
	taken(1, 100);
	then_planned(0);
	taken(1, 100);
	ended(0, 0, 200, 101);
	return then_planned(CUT + cls);
}

/* A stall of a core that is not busy makes requests late, and no budget could have helped. */
static void slo_cuts_nothing_while_arrivals_find_idle_cores(void **state)
{
	two_classes(0x3);
	taken(0, 100);
	then_planned(0);
	taken(0, 1000);
	came_to_idle_core(158); /* 1 of 8 */
	assert_int_equal(cut_after_late(1), 0);
	taken(0, 1000);
	then_planned(0);
	taken(0, 1000);
	taken(1, 100);
	came_to_idle_core(140);
	ended(0, 0, 200, 101);
	assert_int_equal(then_planned(CUT + 1), 128);
}

static void slo_cuts_nothing_for_what_one_plan_saw(void **state)
{
	two_classes(0x3);
	then_planned(0);
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT + 1), 0);
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT + 1), 128);
}

/* 100 ms of a second and more, in pieces of 100 us of an objective of 100. */
static void slo_cuts_no_class_for_those_that_cannot_be_refused_and_run_on(void **state)
{
	two_classes(0x1);
	full_so_far();
	taken(2, 700); /* without an objective */
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT + 1), 0);
	v->quantum_us[2] = 5;
	taken(2, 700);
	ended(0, 0, 200, 101);
	v->preempt = 1;
	assert_int_equal(then_full(CUT + 1), 128);
	v->preempt = 0;
	taken(2, 700);
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT + 1), 124);
	taken(2, 600);
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT + 1), 124 + (1024 - 124) / 8);
}

/* Class 1 has no budget that could be cut, and runs on. */
static void slo_cuts_no_class_for_one_that_is_never_refused(void **state)
{
	two_classes(0x1);
	v->admit[1] = SHUNT_ADMIT_ALL;
	full_so_far();
	for (int i = 0; i < 3; i++) {
		taken(1, 200);
		ended(0, 0, 200, 101);
		assert_int_equal(then_full(CUT), 0);
	}
	assert_int_equal(then_full(CUT + 1), 0);
	ended(0, 0, 200, 101);
	assert_int_equal(then_full(CUT) >> OWN, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST("slo", slo_keeps_a_preempted_request_in_its_place),
		POLICY_TEST("slo", slo_takes_an_idle_core_whatever_waits),
		POLICY_TEST("slo", slo_takes_the_earliest_deadline),
		POLICY_TEST("slo", slo_takes_a_late_one_as_if_it_had_twice_as_long_as_it_is_late),
		POLICY_TEST("slo", slo_takes_late_ones_that_are_never_refused_after_others),
		POLICY_TEST("slo", slo_takes_classes_without_objective_last_the_oldest_first),
		POLICY_TEST("slo", slo_refuses_nothing_before_it_has_planned),
		POLICY_TEST("slo", slo_refuses_what_would_end_after_its_deadline),
		POLICY_TEST("slo", slo_counts_for_a_class_what_tighter_ones_have_and_will_bring),
		POLICY_TEST("slo", slo_counts_what_its_one_core_has_begun),
		POLICY_TEST("slo", slo_starts_from_what_is_taken_after_it_came_into_force),
		POLICY_TEST("slo", slo_plans_by_rates_alone_where_the_plan_before_is_old),
		POLICY_TEST("slo", slo_never_refuses_a_class_without_objective),
		POLICY_TEST("slo", slo_refuses_all_that_cannot_be_in_time),
		POLICY_TEST("slo", slo_plans_which_classes_are_before_one),
		POLICY_TEST("slo", slo_takes_a_slack_in_percent),
		POLICY_TEST("slo", slo_lets_in_what_a_class_is_configured_to),
		POLICY_TEST("slo", slo_cuts_budgets_of_looser_classes_once_1_percent_were_late),
		POLICY_TEST("slo", slo_cuts_no_looser_class_that_takes_no_time),
		POLICY_TEST("slo", slo_cuts_a_class_itself_where_no_looser_one_is_left_to_cut),
		POLICY_TEST("slo", slo_leaves_room_for_one_that_waits),
		POLICY_TEST("slo", slo_takes_requests_sooner_whose_class_is_late_by_itself),
		POLICY_TEST("slo", slo_takes_no_request_sooner_by_more_than_the_tightest_objective),
		POLICY_TEST("slo", slo_lets_budgets_grow_again),
		POLICY_TEST("slo", slo_counts_late_requests_of_each_class),
		POLICY_TEST("slo", slo_cuts_nothing_while_arrivals_find_idle_cores),
		POLICY_TEST("slo", slo_cuts_nothing_for_what_one_plan_saw),
		POLICY_TEST("slo", slo_cuts_no_class_for_those_that_cannot_be_refused_and_run_on),
		POLICY_TEST("slo", slo_cuts_no_class_for_one_that_is_never_refused),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
