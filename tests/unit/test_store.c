// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_store.c - the table of descriptors: what the keeper
 * cannot be told now, it is told later, and it lives on
 */
/* link: agent/store.c agent/sd.c agent/log.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../with_fd.h"
#include "agent/store.h"

#define LIMIT 24 /* open files, and descriptors under way, of the user that the test becomes */

/* Sends one more descriptor that nobody reads. 0, or -errno. */
static int send_one(int fd)
{
	return send_with_fd(fd, "x", 1, MSG_DONTWAIT) == 1 ? 0 : -errno;
}

/* The limit does not hold for root; and the kernel counts
 * by user, so it is one that nobody else is. */
static void become_somebody(void)
{
	struct rlimit few = { LIMIT, LIMIT };
	uid_t uid = 0x40000000 + getpid();

	if (!getuid() && setresuid(uid, uid, uid))
		_exit(2);
	if (setrlimit(RLIMIT_NOFILE, &few))
		_exit(3);
}

/* 0: all is well; else which step failed. */
static int tell_in_a_crowd(void)
{
	int crowd[2], keeper[2], err = 0;
	struct store *agent_has, *keeper_has;

	become_somebody();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, crowd) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, keeper))
		return 4;
	while (!err)
		err = send_one(crowd[0]);
	if (err != -ETOOMANYREFS)
		return 5;
	agent_has = store_open(keeper[0]);
	keeper_has = store_open(-1);
	if (store_put(agent_has, "d0.worker", dup(0)) || store_get(agent_has, "d0.worker") < 0)
		return 6;
	if (store_receive(keeper_has, keeper[1])) /* the connection would have ended */
		return 7;
	if (store_retry(agent_has) || store_get(keeper_has, "d0.worker") >= 0)
		return 8;
	close(crowd[0]);
	close(crowd[1]);
	if (!store_retry(agent_has) || store_receive(keeper_has, keeper[1]))
		return 9;
	return store_get(keeper_has, "d0.worker") >= 0 ? 0 : 10;
}

static void test_too_many_descriptors_under_way_are_no_dead_keeper(void **state)
{
	int status, pid = fork();

	if (!pid)
		_exit(tell_in_a_crowd());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_a_keeper_that_is_gone_is_noticed(void **state)
{
	struct store *s;
	int keeper[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, keeper), 0);
	s = store_open(keeper[0]);
	close(keeper[1]);
	assert_int_equal(store_put(s, "d0.worker", dup(0)), 0);
	assert_int_equal(recv(keeper[0], &byte, 1, MSG_DONTWAIT), 0);
	assert_true(store_retry(s));
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many_descriptors_under_way_are_no_dead_keeper),
		cmocka_unit_test(test_a_keeper_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
