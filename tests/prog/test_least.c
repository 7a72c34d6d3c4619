// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_least.c - the share of the cores' time that slo guarantees a class: when a request of it is
 * owed, what XDP lets in, and what the share is charged
 */
/* link: tests/prog/by_hand.c tests/prog/ingress.c tests/prog/native.c */
#include "by_hand.h"

#define MS (1000 * US)
#define CHARGE (10 * MS) /* 500 us of one core, by a share of 5 % */
#define BANK (20 * MS)   /* so long a class may have asked for nothing */

/* One core: class 0 takes all of it, and class 1, 500 us each, is guaranteed 5 %. */
static void a_share(void)
{
	ingress_up(g, 0xf);
	v->ncores_up = 1;
	v->slo_us[0] = 100;
	v->slo_us[1] = 2000;
	v->least[1] = 5;
	served(0, 200000, 10);
	served(1, 1000, 500);
	planned(0);
}

/* Class 0's head is the most urgent one; class 1's came just now. The class that the core takes. */
static int takes(int core)
{
	head_is(0, now - 99 * US);
	head_is(1, now - 1 * US);
	return selects(3, core);
}

/* A request of class 1 that arrived then, and was taken from the queue, ended on that core. */
static void ended(int core, __u64 arrival_ns, __u64 service_ns)
{
	ask(SHUNT_ASK_DONE, (struct shunt_event){ .cls = 1, .core = core, .steered = SHUNT_NONE,
						  .run_ns = arrival_ns, .service_ns = service_ns });
}

/* Takes what the class may have asked for late: the next one is owed in CHARGE. */
static void use_up_bank(void)
{
	for (int core = 1; core < 4; core++) {
		now++; /* so that each head is another one */
		assert_int_equal(takes(core), 1);
	}
	now++;
	assert_int_equal(takes(0), 0);
}

static bool is_let_in(void)
{
	return steer((struct shunt_event){ .cls = 1 }) == HOLD;
}

static void a_request_is_owed_as_often_as_the_share_pays_for_it(void **state)
{
	a_share();
	use_up_bank();
	now += CHARGE - 10;
	assert_int_equal(takes(0), 0);
	now += 10;
	assert_int_equal(takes(0), 1);
	now++;
	assert_int_equal(takes(1), 0);
}

static void without_a_share_nothing_is_owed(void **state)
{
	a_share();
	v->least[1] = 0;
	planned(0);
	assert_int_equal(takes(0), 0);
}

static void a_class_without_an_objective_has_its_share_too(void **state)
{
	a_share();
	v->slo_us[1] = 0;
	planned(0);
	assert_int_equal(takes(0), 1);
}

/* Its pieces would be late together. */
static void what_is_owed_runs_to_its_end(void **state)
{
	a_share();
	use_up_bank();
	now += CHARGE;
	assert_int_equal(takes(0), 1);
	head_is(0, now - 5 * MS);
	assert_int_equal(selects(3, 0), 1);
	assert_int_equal(selects(3, 1), 0); /* it is another core's */
	ended(0, now - 1 * US, 500 * US);
	assert_int_equal(selects(3, 0), 0);
}

/* XDP has no clock: a core says when the time has come. */
static void xdp_lets_in_what_is_owed_one_at_a_time(void **state)
{
	a_share();
	backlog_is(1, 0);
	assert_false(is_let_in());
	assert_int_equal(selects(1, 0), 0);
	assert_true(is_let_in());
	backlog_is(1, 1);
	assert_false(is_let_in());
	backlog_is(1, 0);
	use_up_bank();
	assert_false(is_let_in());
	now += CHARGE;
	assert_int_equal(selects(1, 0), 0);
	assert_true(is_let_in());
}

/* As many as the share serves in a quarter of the objective, and one more. */
static void several_that_are_owed_may_wait_where_they_are_short(void **state)
{
	a_share();
	v->least[1] = 50;
	served(1, 1000, 50);
	planned(0);
	selects(1, 0);
	backlog_is(1, 5);
	assert_true(is_let_in());
	backlog_is(1, 6);
	assert_false(is_let_in());
}

static void what_a_class_got_besides_counts(void **state)
{
	a_share();
	use_up_bank();
	now += CHARGE;
	ended(3, now - 7, 500 * US); /* told twice, in BPF and native code: 20 ms more */
	assert_int_equal(takes(0), 0);
	now += 2 * CHARGE;
	assert_int_equal(takes(0), 1);
}

/* Ten times the mean: the share pays for it nine times longer, and once for what is told twice. */
static void what_is_owed_is_charged_as_measured(void **state)
{
	__u64 arrival;

	a_share();
	use_up_bank();
	now += CHARGE;
	assert_int_equal(takes(0), 1);
	arrival = now - 1 * US;
	ended(0, arrival, 2500 * US); /* 50 ms of which 10 are paid, and 50 */
	now += 100 * MS - 10;
	assert_int_equal(takes(0), 0);
	now += 10;
	assert_int_equal(takes(0), 1);
}

static void debts_and_savings_are_bounded(void **state)
{
	a_share();
	use_up_bank();
	for (int i = 0; i < 100; i++)
		ended(3, now - 7, 50 * MS);
	planned(0);
	now += 100 * MS + 2 * CHARGE - 10;
	assert_int_equal(takes(0), 0);
	now += 10 + 1000 * MS;
	planned(0);
	use_up_bank();
}

/* Eight cores pay eight times as fast. */
static void a_share_is_one_of_all_cores(void **state)
{
	a_share();
	use_up_bank();
	v->ncores_up = 8;
	planned(0);
	now += CHARGE;
	assert_int_equal(takes(0), 1);
	now += CHARGE / 8 - 10;
	assert_int_equal(takes(1), 0);
	now += 10;
	assert_int_equal(takes(1), 1);
}

/* The budget of 100 us on two cores, less a core that runs on with what is owed. */
static void a_tighter_class_counts_on_what_is_owed(void **state)
{
	a_share();
	v->ncores_up = 2;
	served(0, 10000, 10);
	v->least[1] = 0;
	planned(0);
	backlog_is(0, 17);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), HOLD);
	v->least[1] = 5;
	planned(0);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), REJECT);
	backlog_is(0, 7);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), HOLD);
	backlog_is(0, 8);
	assert_int_equal(steer((struct shunt_event){ .cls = 0 }), REJECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST("slo", a_request_is_owed_as_often_as_the_share_pays_for_it),
		POLICY_TEST("slo", without_a_share_nothing_is_owed),
		POLICY_TEST("slo", a_class_without_an_objective_has_its_share_too),
		POLICY_TEST("slo", what_is_owed_runs_to_its_end),
		POLICY_TEST("slo", xdp_lets_in_what_is_owed_one_at_a_time),
		POLICY_TEST("slo", several_that_are_owed_may_wait_where_they_are_short),
		POLICY_TEST("slo", what_a_class_got_besides_counts),
		POLICY_TEST("slo", what_is_owed_is_charged_as_measured),
		POLICY_TEST("slo", debts_and_savings_are_bounded),
		POLICY_TEST("slo", a_share_is_one_of_all_cores),
		POLICY_TEST("slo", a_tighter_class_counts_on_what_is_owed),
	};

	ingress_need();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
