// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_worker.c - what shuntd forgets of a worker whose end another agent had begun to see to
 */
/* link: agent/worker.c agent/phase.c agent/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/domain.h"
#include "agent/reclaim.h"
#include "agent/store.h"
#include "agent/suspect.h"
#include "agent/worker.h"
#include "lib/whose.h"

#define NOW 1000
#define PID 77

static struct shunt_agent counts;
static struct shunt_domain config;
static struct maps maps;
static struct domain_state state;
static struct domain dom;
static char dropped[STORE_NAME];

/* The neighbours of the module. */
void domain_set_up(struct domain *d, __u64 up)
{
}

void reclaim_begin(struct domain *d, enum domain_event event, bool died, __u64 now_ns)
{
	fail_msg("the end is seen to again");
}

bool suspect_silent(struct domain *d, __u32 core, __u64 now_ns)
{
	return false;
}

void suspect_dead(struct domain *d, __u64 now_ns)
{
}

int store_put(struct store *s, const char *name, int fd)
{
	return 0;
}

void store_drop(struct store *s, const char *prefix)
{
	strcpy(dropped, prefix);
}

int shunt_process_is_of(int pidfd, __u32 pid, uid_t uid)
{
	return 0;
}

bool shunt_process_ended(int pidfd)
{
	return true;
}

/* As an agent finds it that takes over: the one before had begun to take back what the worker had.
 * process: -1 where it had also forgotten the worker. */
static struct domain *taken_over(int process, bool left)
{
	dropped[0] = '\0';
	counts = (struct shunt_agent){ .worker_pid = PID, .worker_user = 1 };
	config = (struct shunt_domain){ .left = left };
	state = (struct domain_state){ .worker_pid = PID, .left = left };
	maps = (struct maps){ .agent = &counts, .domains = &config };
	dom = (struct domain){ .phase = DOMAIN_RECLAIM, .maps = &maps, .pool.state = &state,
			       .worker = { .process = process } };
	return &dom;
}

static void test_a_dead_worker_that_another_agent_was_about_to_forget_is_forgotten(void **arg)
{
	struct domain *d = taken_over(3, false);

	worker_check(d, NOW);
	assert_int_equal(counts.worker_pid, 0);
	assert_int_equal(counts.worker_user, 0);
	assert_int_equal(d->worker.process, -1);
	assert_string_equal(dropped, "d0.worker");
	assert_int_equal(d->phase, DOMAIN_RECLAIM);
}

static void test_a_worker_that_may_come_back_is_not_forgotten(void **arg)
{
	struct domain *d = taken_over(3, true);

	worker_check(d, NOW);
	assert_int_equal(counts.worker_pid, PID);
	assert_int_equal(d->worker.process, 3);
	assert_string_equal(dropped, "");
}

static void test_what_is_forgotten_is_not_forgotten_twice(void **arg)
{
	worker_check(taken_over(-1, false), NOW);
	assert_string_equal(dropped, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_dead_worker_that_another_agent_was_about_to_forget_is_forgotten),
		cmocka_unit_test(test_a_worker_that_may_come_back_is_not_forgotten),
		cmocka_unit_test(test_what_is_forgotten_is_not_forgotten_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
