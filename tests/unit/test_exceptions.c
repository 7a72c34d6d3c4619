// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_exceptions.c - C++ exceptions of requests that are
 * left while they throw, and while they catch
 */
/* link: hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S */
/* link: tests/unit/exceptions.cpp */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostlib/ctx.h"

#include "exceptions.h"

#define CONTEXTS 8
#define DEPTH 6

struct job {
	struct ctx *ctx;
	int value, wrong;
	int over;
};

static struct ctx_pool pool;
static struct job jobs[CONTEXTS];

static void leave(void *arg)
{
	ctx_leave(((struct job *)arg)->ctx);
}

static void run(void *arg)
{
	struct job *j = arg;

	j->wrong = exceptions_nest(j->value, DEPTH, leave, j);
	j->over = 1;
	ctx_exit(j->ctx);
}

static int set_up(void **state)
{
	assert_int_equal(ctx_pool_init(&pool, CONTEXTS, 0), 0);
	for (int i = 0; i < CONTEXTS; i++) {
		jobs[i] = (struct job){ .ctx = ctx_get(&pool), .value = i };
		ctx_start(jobs[i].ctx, run, &jobs[i]);
	}
	return 0;
}

static int tear_down(void **state)
{
	ctx_pool_free(&pool);
	return 0;
}

/* A round of a thread: each context that is not over goes on once. */
static int go_round(struct ctx_home *home)
{
	int left = 0, strays = 0;

	for (int i = 0; i < CONTEXTS; i++) {
		if (jobs[i].over)
			continue;
		ctx_enter(home, jobs[i].ctx);
		strays += exceptions_here();
		left++;
	}
	assert_int_equal(strays, 0);
	return left;
}

static void expect_all_right(void)
{
	for (int i = 0; i < CONTEXTS; i++)
		assert_int_equal(jobs[i].wrong, 0);
}

static void test_exceptions_of_eight_contexts_in_turn_are_each_ones_own(void **state)
{
	struct ctx_home home = { 0 };

	ctx_home_init(&home);
	while (go_round(&home))
		;
	expect_all_right();
}

static void *one_round(void *arg)
{
	struct ctx_home home = { 0 };

	ctx_home_init(&home);
	return (void *)(intptr_t)go_round(&home);
}

static void test_exceptions_go_on_on_another_thread(void **state)
{
	void *left = (void *)1;

	while (left) {
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, one_round, NULL), 0);
		assert_int_equal(pthread_join(t, &left), 0);
	}
	expect_all_right();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_exceptions_of_eight_contexts_in_turn_are_each_ones_own, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_exceptions_go_on_on_another_thread, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
