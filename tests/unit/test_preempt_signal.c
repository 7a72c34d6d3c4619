// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_preempt_signal.c - what the signal handler decides, and which text it may stop
 */
/* link: hostlib/preempt.c hostlib/signal.c hostlib/guard.c hostlib/guard_find.c */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/preempt_self.h"

static timer_t timer;

/* Signals for this thread, each 200 us until timer_delete():
 * they arrive wherever the thread is then. */
static void signals_on(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SHUNT_SIGNAL };
	struct itimerspec soon = { .it_value.tv_nsec = 200000, .it_interval.tv_nsec = 200000 };

	ev._sigev_un._tid = gettid();
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &ev, &timer), 0);
	mark = 1;
	timer_settime(timer, 0, &soon, NULL);
}

static uint64_t handled(void)
{
	uint64_t n = 0;

	for (int i = 0; i < PREEMPT_NR_WHY; i++)
		n += ((volatile uint64_t *)shunt_tls.why)[i];
	return n;
}

static void test_a_signal_in_application_text_stops_the_request(void **state)
{
	signals_on();
	while (mark) /* preempt_point() takes it away */
		;
	timer_delete(timer);
	assert_int_equal(shunt_tls.why[PREEMPT_TAKEN], 1);
	assert_int_equal(points[PREEMPT_SIGNAL], 1);
	assert_int_equal(point_depth, 1);
	DEPTH(0);
}

static void test_a_signal_in_a_region_is_taken_at_its_end(void **state)
{
	shunt_nopreempt_begin();
	signals_on();
	while (!handled())
		;
	timer_delete(timer);
	assert_true(shunt_tls.why[PREEMPT_REGION] > 0);
	assert_int_equal(points[PREEMPT_SIGNAL] + points[PREEMPT_SAFEPOINT], 0);
	shunt_nopreempt_end();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
}

static void test_a_signal_inside_libc_is_put_off(void **state)
{
	mark = 1;
	raise(SHUNT_SIGNAL);
	assert_int_equal(shunt_tls.why[PREEMPT_FOREIGN], 1);
	assert_int_equal(points[PREEMPT_SIGNAL], 0);
	assert_true(shunt_tls.pending);
	shunt_safepoint();
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
}

static void test_a_request_about_to_use_a_thread_local_stays_on_its_thread(void **state)
{
	int *p = &errno;

	signals_on();
	do { /* put off, but not for ever */
		__asm__ volatile("" : "+r"(p));
	} while (mark);
	timer_delete(timer);
	assert_true(shunt_tls.why[PREEMPT_LOCAL] > 0);
	assert_int_equal(points[PREEMPT_SIGNAL], 1);
	assert_true(point_stay);
	assert_false(shunt_tls.stay);
}

static void test_a_signal_without_a_mark_is_too_late(void **state)
{
	raise(SHUNT_SIGNAL);
	assert_int_equal(shunt_tls.why[PREEMPT_STALE], 1);
	assert_false(shunt_tls.pending);
}

static void spins_in_handler(int sig)
{
	signals_on();
	while (!handled())
		;
	timer_delete(timer);
}

static void test_another_signals_handler_is_not_stopped(void **state)
{
	static char stack[64 * 1024];
	stack_t alt = { .ss_sp = stack,
			.ss_size = sizeof(stack) }, none = { .ss_flags = SS_DISABLE };
	struct sigaction sa = { .sa_handler = spins_in_handler };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1); /* SIGUSR1 is blocked meanwhile */
	assert_true(shunt_tls.why[PREEMPT_HANDLER] > 0);
	assert_int_equal(sigaltstack(&alt, NULL), 0);
	memset(shunt_tls.why, 0, sizeof(shunt_tls.why));
	sa.sa_flags = SA_ONSTACK | SA_NODEFER; /* nothing is blocked; but the stack tells */
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	assert_true(shunt_tls.why[PREEMPT_HANDLER] > 0);
	assert_int_equal(points[PREEMPT_SIGNAL], 0);
	sigaltstack(&none, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static void *is_no_worker(void *arg)
{
	mark = 1;
	errno = ENOTTY;
	raise(SHUNT_SIGNAL);
	assert_int_equal(errno, ENOTTY);
	signals_on();
	while (handled() < 2)
		shunt_safepoint();
	timer_delete(timer);
	assert_true(shunt_tls.why[PREEMPT_STRANGER] >= 2);
	assert_false(shunt_tls.pending);
	return NULL;
}

static void test_a_thread_that_is_no_worker_is_left_alone(void **state)
{
	in_thread(is_no_worker, NULL);
	assert_int_equal(points[PREEMPT_SIGNAL] + points[PREEMPT_SAFEPOINT], 0);
}

static int urgent;

static void on_urgent(int sig)
{
	urgent++;
}

static void test_the_applications_own_handler_gets_what_is_not_ours(void **state)
{
	struct sigaction sa = { .sa_handler = on_urgent }, ours;

	sigaction(SHUNT_SIGNAL, &sa, &ours);
	assert_int_equal(preempt_signal_install(SHUNT_SIGNAL), 0);
	raise(SHUNT_SIGNAL);
	assert_int_equal(urgent, 1);
	mark = 1;
	raise(SHUNT_SIGNAL); /* a mark: ours */
	assert_int_equal(urgent, 1);
	sigaction(SHUNT_SIGNAL, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	assert_int_equal(preempt_signal_install(SHUNT_SIGNAL), 0);
}

static void test_a_fork_serves_nobody(void **state)
{
	pid_t pid;
	int status;

	mark = 1;
	pid = fork();
	if (!pid) {
		shunt_safepoint();
		raise(SHUNT_SIGNAL);
		_exit(points[PREEMPT_SAFEPOINT] + points[PREEMPT_SIGNAL]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_text_that_makes_no_sense_is_refused(void **state)
{
	static char text[128][2]; /* not const: some linkers put constants beside the code */
	int err = 0;

	assert_int_equal(shunt_register_text(text, 0), -EINVAL);
	assert_int_equal(shunt_register_text((void *)-16L, 32), -EINVAL);
	assert_false(preempt_in_text(text));
	assert_int_equal(shunt_register_text(text, 2), 0);
	assert_true(preempt_in_text(text));
	assert_true(preempt_in_text((char *)text + 1));
	assert_false(preempt_in_text((char *)text + 2));
	assert_false(preempt_in_text(shunt_nopreempt_begin));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(shunt_register_text(text, 2), 0); /* known */
	for (int i = 1; i < 128 && !err; i++)
		err = shunt_register_text(text[i], 1);
	assert_int_equal(err, -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_signal_in_application_text_stops_the_request),
		TEST(test_a_signal_in_a_region_is_taken_at_its_end),
		TEST(test_a_signal_inside_libc_is_put_off),
		TEST(test_a_request_about_to_use_a_thread_local_stays_on_its_thread),
		TEST(test_a_signal_without_a_mark_is_too_late),
		TEST(test_another_signals_handler_is_not_stopped),
		TEST(test_a_thread_that_is_no_worker_is_left_alone),
		TEST(test_the_applications_own_handler_gets_what_is_not_ours),
		TEST(test_a_fork_serves_nobody),
		TEST(test_text_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
