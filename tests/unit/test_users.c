// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_users.c - what a user may take of shuntd, on real
 * sockets: descriptors that it does not read, connections
 */
/* link: agent/users.c agent/limits.c agent/log.c lib/why.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../with_fd.h"
#include "agent/agent.h"
#include "agent/limits.h"
#include "agent/users.h"

#define BIG (SHUNT_FD_SOCKETS + SHUNT_SLOTS + 1)
#define ALL_NS 1000000000ULL

static struct agent *new_agent(void)
{
	struct agent *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	a->now_ns = 5 * ALL_NS;
	a->domain[0] = (struct domain){ .phase = DOMAIN_FREE,
					.pool.r.geo = { .ncores = SHUNT_CORES,
							.nclasses = SHUNT_CLASSES,
									.hold_ring = 64 } };
	for (int i = 0; i < PEERS_MAX; i++)
		a->peer[i].fd = a->peer[i].pidfd = -1;
	return a;
}

/* A peer in place i; its own end of the connection. */
static int connect_peer(struct agent *a, int i, __u32 pid, uid_t uid)
{
	int end[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end), 0);
	a->peer[i] = (struct peer){ .stage = PEER_WAITING, .fd = end[0], .pidfd = -1, .pid = pid,
				    .uid = uid };
	return end[1];
}

static void give(struct peer *p)
{
	assert_int_equal(send_with_fd(p->fd, "x", 1, 0), 1);
	p->given = BIG; /* as many as WELCOME of a big domain has, and the policy */
	p->stage = PEER_WORKER;
}

static const char *may_have(const struct agent *a, int i)
{
	return users_unread(a, &a->peer[i], &a->domain[0]);
}

/* A user's processes take all that they get, and read none of it; how often they got something. */
static int take_all(struct agent *a, uid_t uid, int *n)
{
	int got = 0;

	for (; connect_peer(a, *n, 100 + *n, uid) >= 0 && !may_have(a, *n); got++)
		give(&a->peer[(*n)++]);
	return got;
}

static void limit_files(unsigned int n)
{
	struct rlimit lim;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
}

static void read_it(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 1); /* the descriptor is thrown away */
}

static void test_a_process_gets_nothing_more_before_it_has_read_what_it_got(void **state)
{
	struct agent *a = new_agent();
	int first = connect_peer(a, 0, 100, 1000), second = connect_peer(a, 1, 100, 1000);

	assert_null(may_have(a, 1));
	give(&a->peer[0]);
	assert_non_null(may_have(a, 1));
	read_it(first);
	assert_null(may_have(a, 1));
	close(first);
	close(second);
	free(a);
}

static void test_an_ended_connection_counts_until_it_is_read_or_closed(void **state)
{
	struct agent *a = new_agent();
	int first = connect_peer(a, 0, 100, 1000), second = connect_peer(a, 1, 100, 1000);

	give(&a->peer[0]);
	assert_false(peer_end(&a->peer[0]));
	assert_non_null(may_have(a, 1));
	close(first);
	assert_null(may_have(a, 1));
	assert_true(peer_end(&a->peer[0]));
	close(second);
	free(a);
}

/* Peeking gives descriptors without taking the message away: they are under way still. */
static void test_a_message_that_was_looked_at_is_not_read(void **state)
{
	struct agent *a = new_agent();
	int end = connect_peer(a, 0, 100, 1000);
	char byte;

	give(&a->peer[0]);
	assert_int_equal(recv(end, &byte, 1, MSG_PEEK), 1);
	assert_true(peer_has_unread(&a->peer[0]));
	close(end);
	free(a);
}

static void test_processes_of_one_user_cannot_keep_others_waiting(void **state)
{
	struct agent *a = new_agent();
	int end[10], n = 0;

	for (; n < 8; n++) {
		end[n] = connect_peer(a, n, 100 + n, 1000);
		if (may_have(a, n))
			break;
		give(&a->peer[n]);
	}
	assert_true(n > 1 && n < 8);
	end[n + 1] = connect_peer(a, n + 1, 200, 1001);
	assert_null(may_have(a, n + 1));
	for (int i = 0; i < n + 2; i++)
		close(end[i]);
	free(a);
}

/* However few files shuntd may have open, and however many of the others mean harm. */
static void test_two_users_that_read_nothing_leave_room_for_a_third(void **state)
{
	struct agent *a = new_agent();
	int n = 0;

	limit_files(1024);
	a->opts.nusers = 3;
	for (int i = 0; i < 3; i++)
		a->opts.user[i] = 1000 + i;
	assert_true(take_all(a, 1000, &n) > 1);
	assert_true(take_all(a, 1001, &n) > 0);
	assert_int_equal(take_all(a, 1002, &n), 1);
	free(a);
}

/* Users that a group lets in leave room for those known by name. */
static void test_users_that_are_not_known_by_name_leave_room_for_those_that_are(void **state)
{
	struct agent *a = new_agent();
	int n = 0;

	limit_files(1024);
	a->opts.nusers = 2;
	a->opts.user[0] = 1000;
	a->opts.user[1] = 1001;
	for (uid_t uid = 2000; uid < 2010; uid++)
		take_all(a, uid, &n);
	assert_true(n > 0);
	assert_true(take_all(a, 1000, &n) > 0);
	assert_int_equal(take_all(a, 1001, &n), 1);
	free(a);
}

static void test_the_limit_says_how_many_users_it_is_enough_for(void **state)
{
	struct agent *a = new_agent();
	struct why why = { 0 };

	limit_files(1024);
	a->opts.nusers = 5;
	for (int i = 0; i < 5; i++)
		a->opts.user[i] = 1000 + i;
	assert_true(limits_allow_users(a, &why));
	a->opts.user[a->opts.nusers++] = 1005;
	assert_false(limits_allow_users(a, &why));
	assert_non_null(strstr(why.text, "RLIMIT_NOFILE"));
	a->opts.user[5] = 1004; /* twice the same is one */
	assert_true(limits_allow_users(a, &why));
	why_forget(&why);
	free(a);
}

/* Fewer connections, rather than domains that cannot be made or workers that cannot come. */
static void test_a_domain_that_leaves_no_room_for_workers_is_refused(void **state)
{
	struct agent *a = new_agent();
	struct why why = { 0 };
	int i = 1;

	limit_files(1024);
	for (; i < SHUNT_DOMAINS && limits_allow(a, &a->domain[i], SHUNT_SLOTS, &why); i++)
		a->domain[i] = a->domain[0];
	assert_in_range(i, 8, SHUNT_DOMAINS - 1);
	assert_non_null(strstr(why.text, "RLIMIT_NOFILE"));
	assert_in_range(limits_strangers(a), 16, PEERS_MAX / 2);
	limit_files(4096);
	assert_true(limits_allow(a, &a->domain[i], SHUNT_SLOTS, &why));
	assert_in_range(limits_strangers(a), PEERS_MAX / 2, PEERS_MAX);
	why_forget(&why);
	free(a);
}

static unsigned int let_in(struct agent *a, uid_t uid, unsigned int tries)
{
	unsigned int n = 0;

	while (tries--)
		n += !users_may_come(a, uid);
	return n;
}

static void test_a_user_that_connects_too_often_waits_and_others_do_not(void **state)
{
	struct agent *a = new_agent();
	unsigned int often = let_in(a, 1000, 1000);

	assert_in_range(often, 100, 300);
	assert_int_equal(let_in(a, 1001, 10), 10);
	assert_int_equal(let_in(a, 0, 1000), 1000);
	for (int i = 0; i < 1000; i++) { /* a second in small steps is a second */
		a->now_ns += ALL_NS / 1000;
		let_in(a, 1000, 1);
	}
	a->now_ns += ALL_NS;
	assert_in_range(let_in(a, 1000, 1000), 100, 300);
	free(a);
}

/* Each new user is let in: a process that makes users up (by user namespaces, say) gains no more
 * than their first tries. */
static void test_many_users_make_nobody_wait(void **state)
{
	struct agent *a = new_agent();

	for (uid_t uid = 1000; uid < 1500; uid++) {
		a->now_ns++;
		assert_int_equal(let_in(a, uid, 3), 3);
	}
	free(a);
}

static void test_a_user_has_room_for_its_workers_and_leaves_room_for_others(void **state)
{
	struct agent *a = new_agent();
	int n = 0;

	while (n < PEERS_MAX && !users_may_come(a, 1000))
		a->peer[n++] = (struct peer){ .stage = PEER_NEW, .fd = -1, .uid = 1000 };
	assert_in_range(n, SHUNT_DOMAINS, PEERS_MAX / 4);
	assert_null(users_may_come(a, 1001));
	assert_null(users_may_come(a, 0));
	a->peer[0].stage = PEER_WORKER;
	assert_null(users_may_come(a, 1000));
	free(a);
}

/* A user's workers damage what domain 0 had. */
static void damage(struct agent *a, uid_t uid)
{
	a->domain[0].damaged_by = uid + 1;
	users_pause(a, 1);
}

static unsigned int seconds_until_it_may_come(struct agent *a, uid_t uid)
{
	unsigned int s = 0;

	for (; users_pause(a, uid); s++)
		a->now_ns += ALL_NS;
	return s;
}

static void test_a_user_that_damages_memory_waits_longer_each_time(void **state)
{
	static const unsigned int want[] = { 0, 5, 10, 20, 40, 80, 160, 320, 320 };
	struct agent *a = new_agent();

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		damage(a, 1000);
		assert_null(users_pause(a, 1001));
		assert_null(users_pause(a, 0));
		assert_int_equal(seconds_until_it_may_come(a, 1000), want[i]);
	}
	free(a);
}

static void test_damage_of_long_ago_is_forgotten(void **state)
{
	struct agent *a = new_agent();

	damage(a, 1000);
	damage(a, 1000);
	assert_non_null(users_pause(a, 1000));
	a->now_ns += 1000 * ALL_NS;
	damage(a, 1000);
	assert_null(users_pause(a, 1000));
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process_gets_nothing_more_before_it_has_read_what_it_got),
		cmocka_unit_test(test_an_ended_connection_counts_until_it_is_read_or_closed),
		cmocka_unit_test(test_a_message_that_was_looked_at_is_not_read),
		cmocka_unit_test(test_processes_of_one_user_cannot_keep_others_waiting),
		cmocka_unit_test(test_two_users_that_read_nothing_leave_room_for_a_third),
		cmocka_unit_test(
			test_users_that_are_not_known_by_name_leave_room_for_those_that_are),
		cmocka_unit_test(test_the_limit_says_how_many_users_it_is_enough_for),
		cmocka_unit_test(test_a_domain_that_leaves_no_room_for_workers_is_refused),
		cmocka_unit_test(test_a_user_that_connects_too_often_waits_and_others_do_not),
		cmocka_unit_test(test_many_users_make_nobody_wait),
		cmocka_unit_test(test_a_user_has_room_for_its_workers_and_leaves_room_for_others),
		cmocka_unit_test(test_a_user_that_damages_memory_waits_longer_each_time),
		cmocka_unit_test(test_damage_of_long_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
