// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_sched_stage.c - the agent of threads: what it stages for which CPU, after which events, with
 * libshunt-offload's mechanism in the place of the kernel's
 */
/* link: agent/sched_stage.c agent/sched_seen.c lib/offload/agent.c lib/offload/memory.c */
/* link: lib/offload/mechanism.c lib/offload/futex.c lib/offload/socket.c */
/* links more: the real memories, and the real mechanism in the place of the kernel's */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../agent/sched_stage.h"

#define MS 1000000ULL
#define GO_ON (-1) /* as policies say it */

static struct shunt_off *host;
static struct shunt_off_view *view;
static struct stage *stage;
static struct shunt_view kernel;
static struct sched_policy policy;
static int head_first; /* what requeue() says */

/* The lowest class that waits, or the running one's. */
static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : GO_ON;
}

/* The class whose head has waited longest. */
static int oldest(struct shunt_view *v, const struct shunt_event *ev)
{
	const __u64 *at = v->core[ev->core].heads.head_ns;
	int best = GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if (ev->waiting >> c & 1 && (best < 0 || at[c] < at[best]))
			best = c;
	}
	return best;
}

static int nobody(struct shunt_view *v, const struct shunt_event *ev)
{
	return GO_ON;
}

static int says_head_or_tail(struct shunt_view *v, const struct shunt_event *ev)
{
	return head_first ? SHUNT_HEAD : SHUNT_TAIL;
}

static int set_up(void **state)
{
	struct shunt_off_sizes sizes = { SHUNT_OFF_THREADS, SHUNT_CORES, SHUNT_CORES,
					 SHUNT_SCHED_OBJECTS, 4 };
	int fd[2];

	host = shunt_off_open(&sizes);
	assert_non_null(host);
	assert_int_equal(shunt_off_replace(host, fd), 0);
	view = shunt_off_map(fd);
	assert_non_null(view);
	stage = calloc(1, sizeof(*stage));
	memset(&kernel, 0, sizeof(kernel));
	kernel.up = 3;
	policy = (struct sched_policy){ .select = lowest };
	head_first = 0;
	return 0;
}

static int tear_down(void **state)
{
	shunt_off_leave(view);
	shunt_off_close(host);
	free(stage);
	return 0;
}

/* The thread's next state, and the event that tells of it. */
static void becomes(__u32 obj, __u8 type, __u8 now, __u8 cls, __u16 core, __u64 since, __u64 cpus)
{
	struct shunt_off_object o = { .state = now, .cls = cls, .core = core, .since_ns = since,
				      .arg = cpus };
	struct shunt_off_event ev = { .obj = obj, .type = type, .cls = cls, .core = core };

	assert_int_equal(shunt_off_claim(host, obj, shunt_off_version(host, obj)), 0);
	ev.ver = shunt_off_publish(host, obj, &o);
	shunt_off_emit(host, core % SHUNT_CORES, &ev);
}

static void waits(__u32 obj, __u8 cls, __u64 since, __u64 cpus)
{
	becomes(obj, SHUNT_EV_READY, SHUNT_OBJ_WAITS, cls, 0, since, cpus);
}

static void runs(__u32 obj, __u8 cls, __u16 core)
{
	becomes(obj, SHUNT_EV_RUNS, SHUNT_OBJ_RUNS, cls, core, MS, ~0ULL);
}

static __u64 turn(void)
{
	__u64 bell;

	stage_turn(stage, &policy, view, &kernel, 100 * MS, &bell);
	return bell;
}

/* The thread that CPU takes by what is staged; 0: nothing is. */
static __u32 takes(unsigned int cpu, __u8 *op)
{
	struct shunt_off_decision d;

	if (!shunt_off_take(host, cpu, &d))
		return 0;
	if (op)
		*op = d.op;
	return d.obj;
}

static void each_cpu_has_the_thread_that_the_policy_names_and_no_two_have_one(void **state)
{
	waits(1, 1, 10, 3);
	waits(2, 0, 20, 3);
	waits(3, 1, 5, 3);
	turn();
	assert_int_equal(takes(0, NULL), 2);
	assert_int_equal(takes(1, NULL), 3); /* the older one of class 1 */
	assert_int_equal(takes(1, NULL), 0);
}

static void a_thread_is_staged_only_for_a_cpu_that_it_may_run_on(void **state)
{
	waits(1, 0, 10, 2);
	turn();
	assert_int_equal(takes(0, NULL), 0);
	assert_int_equal(takes(1, NULL), 1);
}

static void a_cpu_that_is_down_has_nothing_staged(void **state)
{
	kernel.up = 2;
	waits(1, 0, 10, 3);
	turn();
	assert_int_equal(takes(0, NULL), 0);
	assert_int_equal(takes(1, NULL), 1);
}

static void idle_cpus_that_have_a_decision_are_rung_for_and_no_others(void **state)
{
	kernel.idle = 2;
	waits(1, 0, 10, 3);
	waits(2, 0, 20, 3);
	assert_int_equal(turn(), 2);
	assert_int_equal(turn(), 0);
}

static void what_the_policy_takes_at_the_end_of_a_slice_is_staged_for_that(void **state)
{
	__u8 op = 0;

	runs(1, 1, 0);
	waits(2, 0, 10, 1);
	turn();
	assert_int_equal(takes(0, &op), 2);
	assert_int_equal(op, SHUNT_OP_PREEMPT);
}

static void where_the_running_thread_is_to_go_on_the_next_waits_for_its_end(void **state)
{
	__u8 op = 0;

	runs(1, 0, 0);
	waits(2, 1, 10, 1);
	turn();
	assert_int_equal(takes(0, &op), 2);
	assert_int_equal(op, SHUNT_OP_RUN);
}

static void a_running_thread_that_requeue_puts_first_goes_on_before_its_class(void **state)
{
	__u8 op = 0;

	policy.select = oldest;
	policy.requeue = says_head_or_tail;
	head_first = 1;
	runs(1, 0, 0); /* since 1 ms */
	waits(2, 0, 2 * MS, 1);
	turn();
	assert_int_equal(takes(0, &op), 2);
	assert_int_equal(op, SHUNT_OP_RUN);
}

static void a_running_thread_that_requeue_puts_last_makes_room_for_its_class(void **state)
{
	__u8 op = 0;

	policy.select = oldest;
	policy.requeue = says_head_or_tail;
	runs(1, 0, 0);
	waits(2, 0, 2 * MS, 1);
	turn();
	assert_int_equal(takes(0, &op), 2);
	assert_int_equal(op, SHUNT_OP_PREEMPT);
}

static void a_policy_that_names_nobody_has_nothing_staged(void **state)
{
	policy.select = nobody;
	waits(1, 0, 10, 3);
	turn();
	assert_int_equal(takes(0, NULL), 0);
}

static void a_thread_that_was_staged_and_not_taken_is_staged_again(void **state)
{
	waits(1, 0, 10, 1);
	turn();
	becomes(1, SHUNT_EV_BLOCKED, SHUNT_OBJ_BLOCKED, 0, 0, 20, 1);
	waits(1, 0, 30, 1);
	assert_int_equal(takes(0, NULL), 0); /* it has changed */
	turn();
	assert_int_equal(takes(0, NULL), 1);
}

static void threads_are_known_after_lost_events_by_their_next_ones(void **state)
{
	struct shunt_off_event ev = { .type = SHUNT_EV_IDLE };

	waits(1, 0, 10, 1);
	for (__u32 i = 0; i < 2 * SHUNT_OFF_RING; i++)
		shunt_off_emit(host, 0, &ev);
	turn();
	assert_int_equal(takes(0, NULL), 0);
	assert_true(shunt_off_lost(view) > 0);
	becomes(1, SHUNT_EV_BLOCKED, SHUNT_OBJ_BLOCKED, 0, 0, 20, 1);
	waits(1, 0, 30, 1);
	turn();
	assert_int_equal(takes(0, NULL), 1);
}

static void objects_out_of_range_are_nothing(void **state)
{
	struct shunt_off_event ev = { .obj = ~0u, .type = SHUNT_EV_READY };

	shunt_off_emit(host, 0, &ev);
	waits(1, 200, 10, ~0ULL);
	becomes(2, SHUNT_EV_RUNS, SHUNT_OBJ_RUNS, 99, 777, 1, ~0ULL);
	turn();
	assert_int_equal(stage->n.events, 3);
	assert_int_equal(takes(0, NULL), 0); /* of a class that there is not: refused */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_cpu_has_the_thread_that_the_policy_names_and_no_two_have_one),
		TEST(a_thread_is_staged_only_for_a_cpu_that_it_may_run_on),
		TEST(a_cpu_that_is_down_has_nothing_staged),
		TEST(idle_cpus_that_have_a_decision_are_rung_for_and_no_others),
		TEST(what_the_policy_takes_at_the_end_of_a_slice_is_staged_for_that),
		TEST(where_the_running_thread_is_to_go_on_the_next_waits_for_its_end),
		TEST(a_running_thread_that_requeue_puts_first_goes_on_before_its_class),
		TEST(a_running_thread_that_requeue_puts_last_makes_room_for_its_class),
		TEST(a_policy_that_names_nobody_has_nothing_staged),
		TEST(a_thread_that_was_staged_and_not_taken_is_staged_again),
		TEST(threads_are_known_after_lost_events_by_their_next_ones),
		TEST(objects_out_of_range_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
