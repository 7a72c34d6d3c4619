// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ctx_stacks.c - a stack that overflows is told, with its size; every other fault is not ours
 */
/* link: hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S */
/* link: tests/unit/ctx_child.c */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/ctx.h"
#include "hostlib/stacks.h"
#include "tests/unit/ctx_child.h"

#define MINE 7 /* status with which a handler of the test ends the process */

static struct ctx_pool pool;
static struct ctx_home home;
static struct ctx *self;
static size_t stack_size; /* 0: the default */

/* In a child: on a context of a fresh pool, on this thread. */
static void run_guarded(void (*fn)(void *arg), void *arg)
{
	if (ctx_pool_init(&pool, 3, stack_size) || stacks_guard_thread())
		_exit(1);
	ctx_get(&pool);
	self = ctx_get(&pool); /* with neighbours on both sides */
	ctx_start(self, fn, arg);
	ctx_enter(&home, self);
}

static void no_alternate_stack(void)
{
	stack_t off = { .ss_flags = SS_DISABLE };

	sigaltstack(&off, NULL);
}

static volatile int endless = 1 << 30;

static int __attribute__((noinline)) recurse(int n)
{
	volatile char frame[200];

	frame[n % 200] = n;
	return n < endless ? recurse(n + 1) + frame[n % 200] : 0;
}

static void overflow(void *arg)
{
	recurse(0);
}

static void expect_overflow(struct child c, pid_t thread, int kib)
{
	char line[160];

	assert_int_equal(c.sig, SIGSEGV);
	snprintf(line, sizeof(line), "shunt: a request overflowed its stack of %d KiB (thread %d); "
		 "raise shunt_opts.stack_size\n", kib, thread);
	assert_string_equal(c.text, line);
}

static void child_overflows(void)
{
	run_guarded(overflow, NULL);
}

static void test_an_overflow_is_told_with_the_stacks_size_and_the_process_dies_of_it(void **state)
{
	struct child c = child_run(child_overflows);

	expect_overflow(c, c.pid, 64);
	stack_size = 200 * 1024;
	c = child_run(child_overflows);
	stack_size = 0;
	expect_overflow(c, c.pid, 200);
}

static void child_overflows_without_altstack(void)
{
	no_alternate_stack();
	child_overflows();
}

static void test_a_thread_without_alternate_stack_is_given_one(void **state)
{
	struct child c = child_run(child_overflows_without_altstack);

	expect_overflow(c, c.pid, 64);
}

/* A frame of 40 KiB at the stack's end is more than a page below it, and still in the guard. */
static int __attribute__((noinline)) big_frame(int n)
{
	volatile char frame[40000];

	frame[0] = n;
	return n < endless ? big_frame(n + 1) + frame[0] : 0;
}

static void overflow_by_far(void *arg)
{
	big_frame(0);
}

static void child_overflows_by_far(void)
{
	run_guarded(overflow_by_far, NULL);
}

static void test_a_function_with_a_large_frame_does_not_step_over_the_guard(void **state)
{
	struct child c = child_run(child_overflows_by_far);

	expect_overflow(c, c.pid, 64);
}

static void on_usr1(int sig)
{
}

/* Goes down until a signal's frame does not fit any more. */
static int __attribute__((noinline)) recurse_with_signals(int n)
{
	volatile char frame[200];

	frame[n % 200] = n;
	if (n % 4 == 0)
		raise(SIGUSR1);
	return n < endless ? recurse_with_signals(n + 1) + frame[n % 200] : 0;
}

static void overflow_by_signal(void *arg)
{
	recurse_with_signals(0);
}

static void child_overflows_by_signal(void)
{
	signal(SIGUSR1, on_usr1);
	run_guarded(overflow_by_signal, NULL);
}

static void test_no_room_for_a_signals_frame_is_told_too(void **state)
{
	struct child c = child_run(child_overflows_by_signal);

	expect_overflow(c, c.pid, 64);
}

/* --- faults that are no overflow -------------------------------------------------------------- */

static char *wild; /* an address without memory */

static void fault(void *arg)
{
	*(volatile char *)arg = 1;
	ctx_exit(self);
}

static void mine(int sig, siginfo_t *info, void *ucontext)
{
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	_exit(info->si_addr == wild && ucontext && sigismember(&blocked, SIGUSR2) ? MINE : 1);
}

static void install_mine(void)
{
	struct sigaction sa = { .sa_sigaction = mine, .sa_flags = SA_SIGINFO };

	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGSEGV, &sa, NULL);
}

static void child_faults_with_a_handler(void)
{
	install_mine();
	run_guarded(fault, wild);
}

static void test_another_fault_goes_to_the_handler_that_was_there(void **state)
{
	struct child c = child_run(child_faults_with_a_handler);

	assert_int_equal(c.sig, 0);
	assert_int_equal(c.status, MINE);
	assert_string_equal(c.text, "");
}

/* Mends what the fault was about, and returns: the instruction is run again. */
static void mend(int sig, siginfo_t *info, void *ucontext)
{
	mprotect(info->si_addr, 1, PROT_READ | PROT_WRITE);
}

static void child_mends_its_fault(void)
{
	struct sigaction sa = { .sa_sigaction = mend, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	run_guarded(fault, wild);
	ctx_start(self, fault, wild);
	ctx_enter(&home, self);
	_exit(*wild == 1 ? MINE : 1);
}

static void test_a_handler_that_mends_faults_goes_on_working(void **state)
{
	struct child c = child_run(child_mends_its_fault);

	assert_int_equal(c.sig, 0);
	assert_int_equal(c.status, MINE);
}

static void child_faults(void)
{
	run_guarded(fault, wild);
}

static void test_another_fault_without_a_handler_kills_without_a_word(void **state)
{
	struct child c = child_run(child_faults);

	assert_int_equal(c.sig, SIGSEGV);
	assert_string_equal(c.text, "");
}

static void stray_into_a_guard(void *arg)
{
	fault(pool.ctx[0].stack - 1);
}

static void child_strays(void)
{
	run_guarded(stray_into_a_guard, NULL);
}

static void test_a_stray_pointer_into_a_guard_is_no_overflow(void **state)
{
	struct child c = child_run(child_strays);

	assert_int_equal(c.sig, SIGSEGV);
	assert_string_equal(c.text, "");
}

static void child_is_sent_one(void)
{
	signal(SIGSEGV, SIG_IGN);
	if (stacks_guard_thread())
		_exit(1);
	kill(getpid(), SIGSEGV);
	_exit(MINE);
}

static void test_a_sent_sigsegv_is_ignored_if_it_was_before(void **state)
{
	struct child c = child_run(child_is_sent_one);

	assert_int_equal(c.sig, 0);
	assert_int_equal(c.status, MINE);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void *guard_and_overflow(void *arg)
{
	run_guarded(overflow, NULL);
	return NULL;
}

static void child_thread_overflows(void)
{
	pthread_t t;

	if (stacks_guard_thread() || pthread_create(&t, NULL, guard_and_overflow, NULL))
		_exit(1);
	stacks_unguard_thread();
	pthread_join(t, NULL);
}

static void test_the_thread_that_overflowed_is_named(void **state)
{
	struct child c = child_run(child_thread_overflows);
	char *at = strstr(c.text, "(thread ");

	assert_non_null(at);
	assert_int_not_equal(atoi(at + 8), c.pid);
	expect_overflow(c, atoi(at + 8), 64);
}

static void test_the_last_thread_leaves_handler_and_stack_as_they_were(void **state)
{
	struct sigaction before, now;
	stack_t ss_before, ss_now;

	no_alternate_stack();
	sigaltstack(NULL, &ss_before);
	install_mine();
	sigaction(SIGSEGV, NULL, &before);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(stacks_guard_thread(), 0);
		assert_int_equal(stacks_guard_thread(), 0); /* nested */
		stacks_unguard_thread();
		sigaction(SIGSEGV, NULL, &now);
		assert_true(now.sa_sigaction != mine && now.sa_flags & SA_ONSTACK);
		sigaltstack(NULL, &ss_now);
		assert_false(ss_now.ss_flags & SS_DISABLE);
		stacks_unguard_thread();
		sigaction(SIGSEGV, NULL, &now);
		assert_true(now.sa_sigaction == before.sa_sigaction);
		sigaltstack(NULL, &ss_now);
		assert_int_equal(ss_now.ss_flags, ss_before.ss_flags);
	}
	stacks_unguard_thread(); /* once too often */
	signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_an_overflow_is_told_with_the_stacks_size_and_the_process_dies_of_it),
		cmocka_unit_test(test_a_thread_without_alternate_stack_is_given_one),
		cmocka_unit_test(test_a_function_with_a_large_frame_does_not_step_over_the_guard),
		cmocka_unit_test(test_no_room_for_a_signals_frame_is_told_too),
		cmocka_unit_test(test_another_fault_goes_to_the_handler_that_was_there),
		cmocka_unit_test(test_a_handler_that_mends_faults_goes_on_working),
		cmocka_unit_test(test_another_fault_without_a_handler_kills_without_a_word),
		cmocka_unit_test(test_a_stray_pointer_into_a_guard_is_no_overflow),
		cmocka_unit_test(test_a_sent_sigsegv_is_ignored_if_it_was_before),
		cmocka_unit_test(test_the_thread_that_overflowed_is_named),
		cmocka_unit_test(test_the_last_thread_leaves_handler_and_stack_as_they_were),
	};

	wild = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
