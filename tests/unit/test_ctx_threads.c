// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ctx_threads.c - many threads share a pool and hand
 * contexts to each other, under ThreadSanitizer
 */
/* link: hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S */
/* link: tests/unit/ctx_work.c */
/* sanitize: thread */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hostlib/ctx.h"
#include "tests/unit/ctx_work.h"

#define THREADS 4
#define CONTEXTS 6 /* of which a thread holds two at a time: now and then there are none */
#define ROUNDS 4000
#define TIGHT_ROUNDS 200000
#define LEAVES 300

static struct ctx_pool pool;
static _Atomic uint64_t ran, empty;

static int set_up(void **state)
{
	return ctx_pool_init(&pool, CONTEXTS, 0);
}

static int tear_down(void **state)
{
	ctx_pool_free(&pool);
	return 0;
}

struct visit {
	struct ctx *ctx;
	uint64_t n; /* plain: two who had the context at once would race for it */
};

static struct visit visits[CONTEXTS];

static void *get_and_put(void *arg)
{
	for (int i = 0; i < TIGHT_ROUNDS; i++) {
		struct ctx *a = ctx_get(&pool), *b = ctx_get(&pool);

		if (a)
			visits[a - pool.ctx].n++;
		if (b)
			visits[b - pool.ctx].n++;
		/* Once put back, the first context is on top of the list again, but above another
		 * one than before. */
		if (a)
			ctx_put(&pool, a);
		if (b)
			ctx_put(&pool, b);
	}
	return NULL;
}

static void run_threads(void *(*fn)(void *arg))
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, fn, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

static void expect_all_back(void)
{
	int n = 0;

	while (ctx_get(&pool))
		n++;
	assert_int_equal(n, CONTEXTS);
}

static void test_no_context_is_got_twice_or_lost_by_threads_that_share_a_pool(void **state)
{
	run_threads(get_and_put);
	expect_all_back();
}

static void visit(void *arg)
{
	struct visit *v = arg;

	v->n++;
	ctx_leave(v->ctx);
	ctx_exit(v->ctx);
}

static struct visit *enter_one(struct ctx_home *home)
{
	struct ctx *c = ctx_get(&pool);
	struct visit *v;

	if (!c) {
		empty++;
		return NULL;
	}
	v = &visits[c - pool.ctx];
	v->ctx = c;
	ctx_start(c, visit, v);
	ctx_enter(home, c);
	ran++;
	return v;
}

static void *run_and_put(void *arg)
{
	struct ctx_home home = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		struct visit *a = enter_one(&home), *b = enter_one(&home);

		if (a && i % 2)
			ctx_enter(&home, a->ctx); /* to its end; or it is forgotten half way */
		if (a)
			ctx_put(&pool, a->ctx);
		if (b)
			ctx_put(&pool, b->ctx);
	}
	return NULL;
}

static void test_contexts_are_started_by_one_thread_after_another(void **state)
{
	uint64_t sum = 0;

	for (int i = 0; i < CONTEXTS; i++)
		visits[i].n = 0;
	run_threads(run_and_put);
	for (int i = 0; i < CONTEXTS; i++)
		sum += visits[i].n;
	assert_true(sum == ran && ran + empty == 2ULL * THREADS * ROUNDS);
	expect_all_back();
}

static void leave(struct work *w)
{
	w->leaves++;
	if (w->leaves >= LEAVES && w->moves >= LEAVES / 3)
		w->stop = true;
	ctx_leave(w->ctx);
}

static void test_contexts_that_move_between_threads_do_not_race(void **state)
{
	struct work work[CONTEXTS], again;

	for (int i = 0; i < CONTEXTS; i++)
		work[i] = (struct work){ .kind = i, .seed = i + 1, .steps = UINT64_MAX,
					 .pause = leave };
	work_share(&pool, work, CONTEXTS, 3, NULL);
	for (int i = 0; i < CONTEXTS; i++) {
		again = (struct work){ .kind = i, .seed = i + 1, .steps = work[i].steps };
		work_do(&again);
		assert_true(again.answer == work[i].answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(test_no_context_is_got_twice_or_lost_by_threads_that_share_a_pool),
		T(test_contexts_are_started_by_one_thread_after_another),
		T(test_contexts_that_move_between_threads_do_not_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
