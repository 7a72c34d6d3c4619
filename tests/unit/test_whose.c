// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_whose.c - whose rights a process has, as the kernel says it by a pidfd, and in /proc
 */
/* link: lib/whose.c */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "whose.h"

#define USER 60001

struct process {
	pid_t pid;
	int pidfd;
};

/* Starts a process with these user IDs, which waits to be killed. */
static struct process begin(uid_t real, uid_t effective, uid_t saved)
{
	struct process p;
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	p.pid = fork();
	if (!p.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!syscall(SYS_setresuid, real, effective, saved) && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	p.pidfd = pidfd_open(p.pid, 0);
	assert_true(p.pidfd >= 0);
	return p;
}

static void end(struct process p)
{
	kill(p.pid, SIGKILL);
	waitpid(p.pid, NULL, 0);
	close(p.pidfd);
}

static void check(uid_t real, uid_t effective, uid_t saved, uid_t uid, int want)
{
	struct process p = begin(real, effective, saved);

	assert_int_equal(shunt_process_is_of(p.pidfd, p.pid, uid), want);
	assert_int_equal(shunt_process_is_of_by_proc(p.pidfd, p.pid, uid), want);
	end(p);
}

static void test_one_that_has_its_users_rights_alone_is_its_users(void **state)
{
	check(USER, USER, USER, USER, 0);
}

static void test_one_that_has_others_too_is_not(void **state)
{
	check(USER, 0, 0, USER, -EPERM);
	check(USER, USER, 0, USER, -EPERM);
	check(0, USER, USER, USER, -EPERM);
	check(USER + 1, USER + 1, USER + 1, USER, -EPERM);
}

static void test_what_a_process_of_roots_becomes_is_roots_affair(void **state)
{
	check(USER, USER, USER, 0, 0);
}

/* A pidfd of an ended process belongs to no user, whichever process has its number by now. */
static void test_one_that_has_ended_is_nobodys(void **state)
{
	struct process p = begin(USER, USER, USER);

	kill(p.pid, SIGKILL);
	waitpid(p.pid, NULL, 0);
	assert_int_equal(shunt_process_is_of(p.pidfd, getpid(), USER), -ESRCH);
	assert_int_equal(shunt_process_is_of_by_proc(p.pidfd, getpid(), USER), -ESRCH);
	close(p.pidfd);
}

static void test_one_that_has_ended_does_not_run_though_nobody_has_reaped_it(void **state)
{
	struct process p = begin(USER, USER, USER);
	siginfo_t info;

	assert_true(shunt_process_runs(p.pid));
	kill(p.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, p.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(kill(p.pid, 0), 0); /* it keeps its number */
	assert_false(shunt_process_runs(p.pid));
	end(p);
	assert_false(shunt_process_runs(p.pid));
}

static void test_number_0_is_no_process(void **state)
{
	assert_false(shunt_process_runs(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_has_its_users_rights_alone_is_its_users),
		cmocka_unit_test(test_one_that_has_others_too_is_not),
		cmocka_unit_test(test_what_a_process_of_roots_becomes_is_roots_affair),
		cmocka_unit_test(test_one_that_has_ended_is_nobodys),
		cmocka_unit_test(
			test_one_that_has_ended_does_not_run_though_nobody_has_reaped_it),
		cmocka_unit_test(test_number_0_is_no_process),
	};

	if (geteuid())
		return 77; /* only root can make processes with others' rights */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
