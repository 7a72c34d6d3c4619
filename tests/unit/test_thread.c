// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_thread.c - signals to threads of a worker: never to another process, whatever numbers it has
 */
/* link: agent/thread.c */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/thread.h"

#define SIG SIGURG

static void block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int is_pending(void)
{
	sigset_t set;

	return !sigpending(&set) && sigismember(&set, SIG) == 1;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Waits for a byte; then 1 if a signal is pending, else 0. */
static void wait_and_tell(int from)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test fail */
	if (read(from, &byte, 1) != 1)
		_exit(2);
	_exit(is_pending());
}

static pid_t fork_with_number(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = pid ? (uintptr_t)&pid : 0,
				   .set_tid_size = pid != 0 };

	return syscall(SYS_clone3, &args, sizeof(args));
}

static pid_t start_waiter(int p[2], pid_t number)
{
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork_with_number(number);
	if (!pid)
		wait_and_tell(p[0]);
	return pid;
}

static void test_a_process_that_has_a_dead_workers_number_gets_nothing(void **state)
{
	int first[2], second[2], process;
	pid_t worker = start_waiter(first, 0), other;

	assert_true(worker > 0);
	process = pidfd_open(worker, 0);
	assert_int_equal(write(first[1], "x", 1), 1);
	assert_int_equal(status_of(worker), 0);
	other = start_waiter(second, worker);
	if (other < 0 && errno == EPERM)
		skip(); /* to choose a number takes CAP_CHECKPOINT_RESTORE */
	assert_int_equal(other, worker);
	assert_int_equal(thread_signal(process, worker, worker, SIG), -ESRCH);
	assert_int_equal(write(second[1], "x", 1), 1);
	assert_int_equal(status_of(other), 0);
	close(process);
}

static void test_a_thread_of_another_process_gets_nothing(void **state)
{
	int p[2], process;
	pid_t worker = start_waiter(p, 0);

	process = pidfd_open(worker, 0);
	assert_int_equal(thread_signal(process, worker, getpid(), SIG), -ESRCH);
	assert_int_equal(thread_signal(process, worker, 0x7fffffff, SIG), -ESRCH);
	assert_int_not_equal(thread_signal(process, worker, 0, SIG), 0);
	assert_int_not_equal(thread_signal(process, worker, ~0u, SIG), 0);
	assert_false(is_pending());
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(status_of(worker), 0);
	close(process);
}

static void *second_thread(void *arg)
{
	int *p = arg;
	pid_t tid = gettid();
	char byte;

	if (write(p[1], &tid, sizeof(tid)) != sizeof(tid))
		_exit(3);
	if (read(p[2], &byte, 1) != 1)
		_exit(4);
	return (void *)(intptr_t)is_pending();
}

/* The signal waits at the thread that was meant, not at the process. */
static void test_the_thread_that_is_meant_gets_it(void **state)
{
	int up[2], down[2], process;
	pid_t worker, tid;

	assert_true(!pipe(up) && !pipe(down));
	worker = fork();
	if (!worker) {
		int p[] = { up[0], up[1], down[0] };
		pthread_t t;
		void *got;

		pthread_create(&t, NULL, second_thread, p);
		pthread_join(t, &got);
		_exit(!got || is_pending());
	}
	process = pidfd_open(worker, 0);
	assert_int_equal(read(up[0], &tid, sizeof(tid)), sizeof(tid));
	assert_int_equal(thread_signal(process, worker, tid, SIG), 0);
	assert_int_equal(write(down[1], "x", 1), 1);
	assert_int_equal(status_of(worker), 0);
	close(process);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process_that_has_a_dead_workers_number_gets_nothing),
		cmocka_unit_test(test_a_thread_of_another_process_gets_nothing),
		cmocka_unit_test(test_the_thread_that_is_meant_gets_it),
	};

	block();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
