// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_preempt.c - regions: what nests, what each lock call and each locked file begins and ends
 */
/* link: hostlib/preempt.c hostlib/signal.c hostlib/guard.c hostlib/guard_find.c */
#include <signal.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

#include "tests/unit/preempt_self.h"

/* --- regions ---------------------------------------------------------------------------------- */

static void test_a_safepoint_yields_only_when_marked(void **state)
{
	shunt_safepoint();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	mark = 1;
	shunt_safepoint();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
	assert_int_equal(point_depth, 1);
	assert_int_equal(shunt_tls.depth, 0);
}

static void test_a_mark_in_nested_regions_is_taken_at_the_last_end(void **state)
{
	shunt_nopreempt_begin();
	shunt_nopreempt_begin();
	mark = 1;
	shunt_safepoint();
	shunt_nopreempt_end();
	shunt_safepoint();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	assert_true(shunt_tls.pending);
	shunt_nopreempt_end();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
	assert_false(shunt_tls.pending);
}

static void test_an_end_too_many_is_harmless(void **state)
{
	shunt_nopreempt_end();
	assert_int_equal(shunt_tls.depth, 0);
	shunt_nopreempt_begin();
	assert_int_equal(shunt_tls.depth, 1);
	shunt_nopreempt_end();
}

static long in_region(void *arg)
{
	mark = 1;
	shunt_safepoint();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	return *(int *)arg + 1;
}

static void test_call_safe_calls_in_a_region(void **state)
{
	int n = 41;

	assert_int_equal(shunt_call_safe(in_region, &n), 42);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
}

static void test_errno_survives_a_yield(void **state)
{
	errno = ENOTTY;
	mark = 1;
	shunt_safepoint();
	assert_int_equal(errno, ENOTTY);
	mark = 1;
	raise(SHUNT_SIGNAL); /* in libc: put off */
	assert_int_equal(errno, ENOTTY);
	shunt_nopreempt_begin();
	shunt_nopreempt_end();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 2);
	assert_int_equal(errno, ENOTTY);
}

static void test_regions_that_a_request_leaves_open_end_with_it(void **state)
{
	shunt_nopreempt_begin();
	shunt_nopreempt_begin();
	assert_int_equal(preempt_request_end(), 2);
	preempt_request_begin();
	assert_int_equal(shunt_tls.depth, 0);
}

/* --- locks ------------------------------------------------------------------------------------ */

static const struct timespec past = { .tv_sec = 1 };

static void *fails_to_lock(void *arg)
{
	pthread_mutex_t *m = arg;

	preempt_worker_begin(&mark, preempt_point);
	preempt_request_begin();
	assert_int_equal(pthread_mutex_trylock(m), EBUSY);
	DEPTH(0);
	assert_int_equal(pthread_mutex_timedlock(m, &past), ETIMEDOUT);
	assert_int_equal(pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &past), ETIMEDOUT);
	DEPTH(0);
	preempt_worker_end();
	return NULL;
}

static void test_a_mutex_is_a_region_from_lock_to_unlock(void **state)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_t n = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&m);
	DEPTH(1);
	assert_int_equal(pthread_mutex_trylock(&n), 0);
	DEPTH(2);
	for (int i = 0; i < 3; i++) {
		mark = 1;
		shunt_safepoint();
	}
	pthread_mutex_unlock(&m);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	pthread_mutex_unlock(&n);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
	DEPTH(0);
	assert_int_equal(pthread_mutex_timedlock(&m, &past), 0);
	in_thread(fails_to_lock, &m);
	DEPTH(1);
	pthread_mutex_unlock(&m);
	assert_int_equal(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &past), 0);
	DEPTH(1);
	pthread_mutex_unlock(&m);
	DEPTH(0);
}

static void make_mutex(pthread_mutex_t *m, int type, int robust)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setrobust(&a, robust);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

static void *fails_to_unlock(void *arg)
{
	preempt_worker_begin(&mark, preempt_point);
	preempt_request_begin();
	shunt_nopreempt_begin();
	assert_int_equal(pthread_mutex_unlock(arg), EPERM);
	DEPTH(1);
	preempt_worker_end();
	return NULL;
}

static void test_recursive_and_errorcheck_mutexes_count_right(void **state)
{
	pthread_mutex_t r, e;

	make_mutex(&r, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
	make_mutex(&e, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	pthread_mutex_lock(&r);
	pthread_mutex_lock(&r);
	pthread_mutex_trylock(&r);
	DEPTH(3);
	in_thread(fails_to_unlock, &r);
	pthread_mutex_unlock(&r);
	pthread_mutex_unlock(&r);
	DEPTH(1);
	pthread_mutex_lock(&e);
	assert_int_equal(pthread_mutex_lock(&e), EDEADLK);
	DEPTH(2);
	in_thread(fails_to_unlock, &e);
	pthread_mutex_unlock(&e);
	assert_int_equal(pthread_mutex_unlock(&e), EPERM);
	DEPTH(1);
	pthread_mutex_unlock(&r);
	DEPTH(0);
}

static void *unlocks_for_another(void *arg)
{
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

	preempt_worker_begin(&mark, preempt_point);
	preempt_request_begin();
	pthread_mutex_lock(&own);
	pthread_mutex_unlock(arg);
	DEPTH(1); /* for its own is still held */
	pthread_mutex_unlock(&own);
	DEPTH(0);
	preempt_worker_end();
	return NULL;
}

static void test_unlocking_for_another_thread_ends_no_region_of_ones_own(void **state)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&m);
	in_thread(unlocks_for_another, &m);
	DEPTH(1);
	assert_int_equal(preempt_request_end(), 1);
	preempt_request_begin();
}

static void *dies_with_it(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void test_a_mutex_of_a_dead_owner_is_held(void **state)
{
	pthread_mutex_t m;

#ifdef EMULATED
	print_message("# skip: qemu-user has no robust mutexes\n");
	skip();
#endif
	make_mutex(&m, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
	in_thread(dies_with_it, &m);
	assert_int_equal(pthread_mutex_lock(&m), EOWNERDEAD);
	DEPTH(1);
	pthread_mutex_unlock(&m); /* not made consistent */
	DEPTH(0);
	assert_int_equal(pthread_mutex_lock(&m), ENOTRECOVERABLE);
	DEPTH(0);
}

static pthread_mutex_t cond_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool cond_set;

static void *sets_cond(void *arg)
{
	pthread_mutex_lock(&cond_mutex);
	cond_set = true;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&cond_mutex);
	return NULL;
}

static void test_a_condition_variable_leaves_the_depth_as_it_was(void **state)
{
	pthread_t t;

	pthread_mutex_lock(&cond_mutex);
	assert_int_equal(pthread_cond_timedwait(&cond, &cond_mutex, &past), ETIMEDOUT);
	DEPTH(1);
	assert_int_equal(pthread_create(&t, NULL, sets_cond, NULL), 0);
	while (!cond_set)
		pthread_cond_wait(&cond, &cond_mutex);
	DEPTH(1);
	pthread_mutex_unlock(&cond_mutex);
	DEPTH(0);
	pthread_join(t, NULL);
}

static void test_rwlocks_spinlocks_and_c11_mutexes_are_regions(void **state)
{
	pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
	pthread_spinlock_t spin;
	mtx_t m;

	pthread_rwlock_rdlock(&rw);
	assert_int_equal(pthread_rwlock_tryrdlock(&rw), 0);
	DEPTH(2);
	assert_int_equal(pthread_rwlock_trywrlock(&rw), EBUSY);
	assert_int_equal(pthread_rwlock_timedwrlock(&rw, &past), ETIMEDOUT);
	assert_int_equal(pthread_rwlock_clockwrlock(&rw, CLOCK_MONOTONIC, &past), ETIMEDOUT);
	DEPTH(2);
	pthread_rwlock_unlock(&rw);
	pthread_rwlock_unlock(&rw);
	DEPTH(0);
	pthread_rwlock_wrlock(&rw);
	assert_int_equal(pthread_rwlock_timedrdlock(&rw, &past), EDEADLK);
	DEPTH(1);
	pthread_rwlock_unlock(&rw);
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_lock(&spin);
	assert_int_equal(pthread_spin_trylock(&spin), EBUSY);
	DEPTH(1);
	pthread_spin_unlock(&spin);
	DEPTH(0);
	mtx_init(&m, mtx_timed);
	mtx_lock(&m);
	assert_int_equal(mtx_trylock(&m), thrd_busy);
	assert_int_equal(mtx_timedlock(&m, &past), thrd_timedout);
	DEPTH(1);
	mtx_unlock(&m);
	DEPTH(0);
}

static uint32_t once_depth;

static void once_fn(void)
{
	once_depth = shunt_tls.depth;
}

static void test_what_runs_once_is_not_stopped(void **state)
{
	pthread_once_t once = PTHREAD_ONCE_INIT;
	once_flag flag = ONCE_FLAG_INIT;

	pthread_once(&once, once_fn);
	assert_int_equal(once_depth, 1);
	once_depth = 0;
	call_once(&flag, once_fn);
	assert_int_equal(once_depth, 1);
	DEPTH(0);
}

/* --- stdio ------------------------------------------------------------------------------------ */

static ssize_t cookie_reads(void *arg, char *buf, size_t len)
{
	mark = 1;
	shunt_safepoint();
	memset(buf, 'r', len);
	return len;
}

static ssize_t cookie_writes(void *arg, const char *buf, size_t len)
{
	mark = 1;
	shunt_safepoint();
	*(size_t *)arg += len;
	return len;
}

static void test_a_locked_file_is_a_region(void **state)
{
	FILE *f = tmpfile();

	flockfile(f);
	assert_int_equal(ftrylockfile(f), 0);
	DEPTH(2);
	mark = 1;
	shunt_safepoint();
	funlockfile(f);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	funlockfile(f);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
	fclose(f);
}

static void test_a_cookie_function_is_not_stopped_under_its_file_lock(void **state)
{
	size_t written = 0;
	FILE *f = fopencookie(&written, "w+", (cookie_io_functions_t){ .read = cookie_reads,
								      .write = cookie_writes });

	assert_non_null(f);
	fprintf(f, "%d", 12345);
	fflush(f);
	assert_int_equal(written, 5);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	assert_true(shunt_tls.pending); /* for the application's own next region */
	assert_int_equal(fgetc(f), 'r');
	fclose(f);
	DEPTH(0);
	shunt_nopreempt_begin();
	shunt_nopreempt_end();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_safepoint_yields_only_when_marked),
		TEST(test_a_mark_in_nested_regions_is_taken_at_the_last_end),
		TEST(test_an_end_too_many_is_harmless),
		TEST(test_call_safe_calls_in_a_region),
		TEST(test_errno_survives_a_yield),
		TEST(test_regions_that_a_request_leaves_open_end_with_it),
		TEST(test_a_mutex_is_a_region_from_lock_to_unlock),
		TEST(test_recursive_and_errorcheck_mutexes_count_right),
		TEST(test_unlocking_for_another_thread_ends_no_region_of_ones_own),
		TEST(test_a_mutex_of_a_dead_owner_is_held),
		TEST(test_a_condition_variable_leaves_the_depth_as_it_was),
		TEST(test_rwlocks_spinlocks_and_c11_mutexes_are_regions),
		TEST(test_what_runs_once_is_not_stopped),
		TEST(test_a_locked_file_is_a_region),
		TEST(test_a_cookie_function_is_not_stopped_under_its_file_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
