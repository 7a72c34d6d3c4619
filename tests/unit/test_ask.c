// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ask.c - a function of the policy is called, and a
 * thread is taken out of one that does not return
 */
/* link: hostlib/ask.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostlib/internal.h"

static struct shunt_view view;
static struct shunt s;
static struct core core;
static struct policy before = { .gen = 1 }, after = { .gen = 2 };
static _Atomic int answer;

static int says(struct shunt_view *v, const struct shunt_event *ev)
{
	return v == &view && SHUNT_ASKS_OP(view.core[0].run.asks) == SHUNT_ASK_SELECT ? ev->waiting
										      : -7;
}

static int never(struct shunt_view *v, const struct shunt_event *ev)
{
	for (;;)
		asm volatile("" : : : "memory");
	return 0;
}

static void *core_thread(void *arg)
{
	struct shunt_event ev = { .waiting = 5 };
	volatile double kept = 1.5;
	uint64_t sum = 0;

	/* Values that the caller keeps in registers over the call are there afterwards. */
	for (int i = 0; i < 3; i++)
		sum += (uint64_t)policy_ask(&core, &before, SHUNT_ASK_SELECT, &ev) + i;
	atomic_store(&answer, sum == 0 && kept == 1.5 && ev.waiting == 5 ? 1 : 2);
	return NULL;
}

static void set_up(shunt_policy_fn select)
{
	s = (struct shunt){ .core = &core, .ncores = 1, .view = &view,
			    .opts.signal = SHUNT_SIGNAL };
	core = (struct core){ .s = &s, .run = &view.core[0].run, .started = true };
	before.select = select;
	atomic_store(&s.policy, &before);
	atomic_store(&answer, 0);
}

static void test_a_function_is_called_and_said_to_be(void **state)
{
	struct shunt_event ev = { .waiting = 5 };

	set_up(says);
	assert_int_equal(policy_ask(&core, &before, SHUNT_ASK_SELECT, &ev), 5);
	assert_int_equal(view.core[0].run.asks, 0);
	assert_null(core.ask_sp);
}

static void test_a_thread_stays_in_the_policy_that_is_in_force(void **state)
{
	set_up(never);
	assert_int_equal(pthread_create(&core.thread, NULL, core_thread, NULL), 0);
	while (!core.ask_sp)
		;
	for (int i = 0; i < 3; i++)
		ask_unstick(&s);
	assert_int_equal(answer, 0);
	assert_non_null(core.ask_sp);
	atomic_store(&s.policy, &after);
	while (!answer) /* three calls: each is left for itself */
		ask_unstick(&s);
	assert_int_equal(answer, 1);
	pthread_join(core.thread, NULL);
	assert_int_equal(view.core[0].run.asks, 0);
}

static void test_without_signals_nobody_is_taken_out(void **state)
{
	set_up(never);
	s.opts.signal = 0;
	assert_int_equal(pthread_create(&core.thread, NULL, core_thread, NULL), 0);
	while (!core.ask_sp)
		;
	atomic_store(&s.policy, &after);
	for (int i = 0; i < 3; i++)
		ask_unstick(&s);
	assert_int_equal(answer, 0);
	s.opts.signal = SHUNT_SIGNAL;
	while (!answer)
		ask_unstick(&s);
	pthread_join(core.thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_function_is_called_and_said_to_be),
		cmocka_unit_test(test_a_thread_stays_in_the_policy_that_is_in_force),
		cmocka_unit_test(test_without_signals_nobody_is_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
