// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_offload_threads.c - two threads of a mechanism, an agent, and agents that replace each
 * other, under ThreadSanitizer: no version of an object is acted on twice, no sleeper is left
 */
/* link: lib/offload/memory.c lib/offload/mechanism.c lib/offload/agent.c lib/offload/futex.c */
/* sanitize: thread */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/offload/inside.h"

#define SLOTS 2
#define OBJECTS 6
#define VERSIONS (1 << 20)
#define LOOKS 1000000 /* of each thread */

/* To replace pages that others read is what a take-over does; here it counts as a write. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:shunt_off_replace\n";
}

static struct shunt_off *o;
static _Atomic uint8_t acted[OBJECTS][VERSIONS / 2];
static _Atomic uint64_t taken, decided_here;
static _Atomic bool over;
static _Atomic int bad;

/* On an object that this thread has claimed. */
static void act(unsigned int slot, __u32 obj, __u32 ver)
{
	struct shunt_off_object as = { .state = SHUNT_OBJ_WAITS, .core = slot, .key = obj };
	struct shunt_off_event ev = { .type = SHUNT_EV_READY, .obj = obj };

	if (atomic_fetch_add(&acted[obj][ver / 2 % (VERSIONS / 2)], 1))
		bad++;
	ev.ver = shunt_off_publish(o, obj, &as);
	shunt_off_emit(o, slot, &ev);
}

static void *mechanism(void *arg)
{
	unsigned int slot = (uintptr_t)arg;
	struct shunt_off_decision d;

	for (int i = 0; i < LOOKS; i++) {
		__u32 obj = 1 + i / 32 % (OBJECTS - 1), ver;

		if (shunt_off_take(o, slot, &d)) {
			taken++;
			act(slot, d.obj, d.ver);
			continue;
		}
		ver = shunt_off_version(o, obj);
		if (i % 32 || shunt_off_claim(o, obj, ver))
			continue;
		shunt_off_fallback(o, slot);
		decided_here++;
		act(slot, obj, ver);
	}
	return NULL;
}

/* Decides for as long as nobody replaces it. */
static void *agent(void *arg)
{
	struct shunt_off_view *v = arg;
	struct shunt_off_event ev[16];

	while (!over && !shunt_off_replaced(v)) {
		int n = shunt_off_poll(v, ev, 16);

		for (int i = 0; i < n; i++) {
			struct shunt_off_decision d = { .op = SHUNT_OP_RUN, .obj = ev[i].obj,
							.ver = ev[i].ver };

			if (ev[i].obj >= OBJECTS || ev[i].ver & 1)
				bad++;
			d.core = i % SLOTS;
			shunt_off_stage(v, d.core, &d);
		}
		shunt_off_ring(v, 3);
	}
	shunt_off_leave(v);
	return NULL;
}

static void start_agent(pthread_t *t)
{
	int fd[2];

	assert_int_equal(shunt_off_replace(o, fd), 0);
	assert_int_equal(pthread_create(t, NULL, agent, shunt_off_map(fd)), 0);
}

static void test_no_version_is_acted_on_twice_while_agents_replace_each_other(void **state)
{
	struct shunt_off_sizes s = { SHUNT_OFF_THREADS, SLOTS, SLOTS, OBJECTS, 1 };
	__u64 n[SHUNT_OFF_VERDICTS + 1], sum = 0;
	pthread_t t[SLOTS], a[20];

	o = shunt_off_open(&s);
	assert_non_null(o);
	for (__u32 i = 1; i < OBJECTS; i++) {
		assert_int_equal(shunt_off_claim(o, i, 0), 0);
		act(0, i, 0);
	}
	start_agent(&a[0]);
	for (uintptr_t i = 0; i < SLOTS; i++)
		pthread_create(&t[i], NULL, mechanism, (void *)i);
	for (int i = 1; i < 20; i++)
		start_agent(&a[i]);
	for (int i = 0; i < SLOTS; i++)
		pthread_join(t[i], NULL);
	over = true;
	for (int i = 0; i < 20; i++)
		pthread_join(a[i], NULL);
	shunt_off_counts(o, n);
	for (int i = 0; i < SHUNT_OFF_VERDICTS; i++)
		sum += n[i];
	print_message("taken %llu, stale %llu, fallback %llu\n", n[SHUNT_OFF_TAKEN],
		      n[SHUNT_OFF_STALE], n[SHUNT_OFF_VERDICTS]);
	assert_int_equal(bad, 0);
	assert_int_equal(n[SHUNT_OFF_TAKEN], taken);
	assert_int_equal(n[SHUNT_OFF_VERDICTS], decided_here);
	assert_int_equal(sum, o->done[0].done + o->done[1].done);
	assert_int_equal(n[SHUNT_OFF_REFUSED], 0);
	assert_true(taken > 0 && decided_here > 0);
	shunt_off_close(o);
}

#define SLEEPS 20000

static void *rings(void *arg)
{
	struct shunt_off_decision d = { .op = SHUNT_OP_RUN };
	struct shunt_off_view *v = arg;

	for (int i = 0; i < SLEEPS;) {
		if (shunt_off_stage(v, 0, &d))
			continue;
		shunt_off_ring(v, 1);
		i++;
	}
	return NULL;
}

/* Whoever slept beside a decision would sleep for a minute. */
static void test_a_thread_that_sleeps_is_woken_by_each_decision(void **state)
{
	struct shunt_off_sizes s = { SHUNT_OFF_THREADS, 1, 1, 1, 1 };
	struct shunt_off_decision d;
	struct shunt_off_view *v;
	pthread_t t;
	int fd[2];

	o = shunt_off_open(&s);
	assert_int_equal(shunt_off_replace(o, fd), 0);
	v = shunt_off_map(fd);
	pthread_create(&t, NULL, rings, v);
	for (int got = 0; got < SLEEPS;) {
		if (shunt_off_take(o, 0, &d))
			got++;
		else
			assert_int_equal(shunt_off_wait(o, 0, 60000000000ULL), 1);
	}
	pthread_join(t, NULL);
	shunt_off_leave(v);
	shunt_off_close(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_version_is_acted_on_twice_while_agents_replace_each_other),
		cmocka_unit_test(test_a_thread_that_sleeps_is_woken_by_each_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
