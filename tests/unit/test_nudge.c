// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_nudge.c - a folder in which somebody makes files all the time takes little of shuntd's time
 */
/* link: agent/nudge.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "agent/nudge.h"

#define LIMIT_S 20 /* a loop without an end has failed by then */
#define LOOKS 40
#define LOOK_NS 10000000ULL

static char folder[] = "/tmp/shunt-nudge-XXXXXX";
static struct agent *a;
static atomic_bool stop;

/* The neighbour of the module. */
int shunt_pin_path(char *out, size_t len, const struct shunt_pins *pins, const char *name)
{
	snprintf(out, len, "%s/shunt/eth0", folder);
	return 0;
}

static void make_and_remove(void)
{
	char path[sizeof(folder) + 4];

	snprintf(path, sizeof(path), "%s/x", folder);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	unlink(path);
}

static void *flood(void *arg)
{
	while (!atomic_load(&stop))
		make_and_remove();
	return NULL;
}

/* What loop.c does in a turn. */
static bool turn(__u64 now_ns)
{
	struct pollfd p = { .events = POLLIN };

	a->now_ns = now_ns;
	p.fd = nudge_fd(a);
	if (poll(&p, 1, 0) != 1)
		return false;
	nudge_hear(a);
	return true;
}

static int set_up(void **unused)
{
	a = calloc(1, sizeof(*a));
	a->now_ns = 1;
	a->check_ns = ~0ULL;
	nudge_open(&a->nudge);
	return !mkdtemp(folder) || !nudge_follow(a);
}

static int tear_down(void **unused)
{
	close(a->nudge.fd);
	free(a);
	return rmdir(folder);
}

static void a_flood_of_files_is_heard_of_now_and_then(void **unused)
{
	pthread_t thread;
	int heard = 0;

	alarm(LIMIT_S);
	assert_int_equal(pthread_create(&thread, NULL, flood, NULL), 0);
	for (int i = 0; i < LOOKS; i++) {
		usleep(1000);
		heard += turn(a->now_ns + LOOK_NS);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	alarm(0);
	assert_in_range(heard, 1, LOOKS * LOOK_NS / 30000000 + 1);
}

static void what_comes_in_a_rest_is_heard_behind_it(void **unused)
{
	__u64 now = a->now_ns + 1000000000;

	while (turn(now))
		now += 1000000000;
	a->check_ns = ~0ULL;
	make_and_remove();
	assert_true(turn(now));
	assert_true(a->nudged && a->check_ns > now && a->check_ns < now + 100000000);
	make_and_remove();
	assert_false(turn(now + 1000000));
	assert_true(turn(now + 100000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_files_is_heard_of_now_and_then),
		cmocka_unit_test(what_comes_in_a_rest_is_heard_behind_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
