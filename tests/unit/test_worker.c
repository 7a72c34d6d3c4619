// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_worker.c - what shuntd forgets of a worker whose end another agent had begun to see to;
 * which cores are silent
 */
/* link: agent/worker.c agent/phase.c agent/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

static bool lives;

bool shunt_process_ended(int pidfd)
{
	return !lives;
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

/* --- beats ------------------------------------------------------------------------------------ */

#define MS 1000000ULL
#define HANG_MS 2000

static struct shunt_view *view;

static struct domain *served(void)
{
	counts = (struct shunt_agent){ .worker_pid = PID };
	config = (struct shunt_domain){ .on = 1 };
	state = (struct domain_state){ .worker_pid = PID };
	maps = (struct maps){ .agent = &counts, .domains = &config, .cfg.hang_ms = HANG_MS };
	memset(view, 0, sizeof(*view));
	dom = (struct domain){ .phase = DOMAIN_TAKEN, .maps = &maps, .pool.state = &state,
			       .pool.r.view = view,
			       .worker = { .process = 3, .up = 1, .beat_ns[0] = NOW,
					   .peer = (struct peer *)&dom } };
	return &dom;
}

static int lives_on(void **arg)
{
	lives = true;
	view = aligned_alloc(SHUNT_LINE, sizeof(*view));
	return !view;
}

static int no_more(void **arg)
{
	lives = false;
	free(view);
	return 0;
}

static void test_a_core_that_does_not_beat_is_silent(void **arg)
{
	struct domain *d = served();

	worker_check(d, NOW + (HANG_MS - 1) * MS);
	assert_int_equal(d->worker.hung, 0);
	worker_check(d, NOW + HANG_MS * MS);
	assert_int_equal(d->worker.hung, 1);
	assert_int_equal(counts.core[0].hung, 1);
}

/* Its time counts from the moment at which the other service has left the seat. */
static void test_a_core_that_waits_for_its_seat_is_not_silent(void **arg)
{
	struct domain *d = served();

	d->seat_away = 1;
	worker_check(d, NOW + 5 * HANG_MS * MS);
	assert_int_equal(d->worker.hung, 0);
	d->seat_away = 2; /* another core does */
	worker_check(d, NOW + (6 * HANG_MS - 1) * MS);
	assert_int_equal(d->worker.hung, 0);
	worker_check(d, NOW + 6 * HANG_MS * MS);
	assert_int_equal(d->worker.hung, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_dead_worker_that_another_agent_was_about_to_forget_is_forgotten),
		cmocka_unit_test(test_a_worker_that_may_come_back_is_not_forgotten),
		cmocka_unit_test(test_what_is_forgotten_is_not_forgotten_twice),
		cmocka_unit_test_setup_teardown(test_a_core_that_does_not_beat_is_silent, lives_on,
						no_more),
		cmocka_unit_test_setup_teardown(test_a_core_that_waits_for_its_seat_is_not_silent,
						lives_on, no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
