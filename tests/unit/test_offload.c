// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_offload.c - events and decisions over shared memory: what arrives, what is refused, what is
 * counted, and what is left when one side is replaced
 */
/* link: lib/offload/memory.c lib/offload/mechanism.c lib/offload/agent.c */
/* link: lib/offload/futex.c lib/offload/socket.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/clock.h"
#include "../../lib/offload/inside.h"
#include "../rng.h"

#define OBJECTS 16
#define SLOTS 2

static const struct shunt_off_sizes threads = { SHUNT_OFF_THREADS, 2, SLOTS, OBJECTS, 3 };

static struct shunt_off *o;
static struct shunt_off_view *v;

static struct shunt_off_view *next_agent(void)
{
	int fd[2];

	assert_int_equal(shunt_off_replace(o, fd), 0);
	return shunt_off_map(fd);
}

static int begin(void **state)
{
	o = shunt_off_open(&threads);
	assert_non_null(o);
	v = next_agent();
	assert_non_null(v);
	return 0;
}

static int end(void **state)
{
	shunt_off_leave(v);
	shunt_off_close(o);
	return 0;
}

/* Object "obj" in a state; its version. */
static __u32 put(__u32 obj, enum shunt_off_state as)
{
	struct shunt_off_object b = { .state = as, .cls = 1, .key = 100 + obj };

	assert_int_equal(shunt_off_claim(o, obj, shunt_off_version(o, obj)), 0);
	return shunt_off_publish(o, obj, &b);
}

static struct shunt_off_decision run_it(__u32 obj, __u32 ver)
{
	return (struct shunt_off_decision){ .op = SHUNT_OP_RUN, .obj = obj, .ver = ver, .cls = 1 };
}

/* Stages d, has it taken; the verdict. */
static enum shunt_off_verdict verdict_on(struct shunt_off_decision d)
{
	__u64 before[SHUNT_OFF_VERDICTS + 1], after[SHUNT_OFF_VERDICTS + 1];
	struct shunt_off_decision got;
	int res, verdict = -1;

	shunt_off_counts(o, before);
	assert_int_equal(shunt_off_stage(v, 0, &d), 0);
	res = shunt_off_take(o, 0, &got);
	shunt_off_counts(o, after);
	for (int i = 0; i < SHUNT_OFF_VERDICTS; i++) {
		assert_true(after[i] - before[i] <= 1);
		if (after[i] == before[i])
			continue;
		assert_int_equal(verdict, -1);
		verdict = i;
	}
	assert_int_equal(res, verdict == SHUNT_OFF_TAKEN);
	assert_int_equal(shunt_off_staged(v, 0), 0);
	return verdict;
}

static void test_events_arrive_in_order_with_their_numbers(void **state)
{
	struct shunt_off_event ev[10];

	for (__u32 i = 1; i <= 5; i++)
		shunt_off_emit(o, 0, &(struct shunt_off_event){ .type = SHUNT_EV_READY, .obj = i,
								.ver = 2 * i, .arg = 7 });
	assert_int_equal(shunt_off_poll(v, ev, 3), 3);
	assert_int_equal(shunt_off_poll(v, ev + 3, 7), 2);
	for (__u32 i = 1; i <= 5; i++) {
		assert_int_equal(ev[i - 1].n, i);
		assert_int_equal(ev[i - 1].obj, i);
		assert_int_equal(ev[i - 1].ver, 2 * i);
		assert_true(ev[i - 1].arg == 7 && ev[i - 1].at_ns);
	}
	assert_int_equal(shunt_off_poll(v, ev, 10), 0);
	assert_int_equal(shunt_off_lost(v), 0);
}

static void test_events_that_were_overwritten_are_counted_and_the_rest_is_read(void **state)
{
	__u32 many = 3 * SHUNT_OFF_RING + 17, got = 0, last = 0;
	struct shunt_off_event ev;

	for (__u32 i = 1; i <= many; i++)
		shunt_off_emit(o, 1, &(struct shunt_off_event){ .type = SHUNT_EV_IDLE, .arg = i });
	for (int i = 0; i < 2; i++) /* the first poll finds the gap */
		for (; shunt_off_poll(v, &ev, 1); got++) {
			assert_true(ev.n > last && ev.arg == ev.n);
			last = ev.n;
		}
	assert_int_equal(last, many);
	assert_true(got >= SHUNT_OFF_RING / 2);
	assert_int_equal(got + shunt_off_lost(v), many);
}

static void test_numbers_wrap(void **state)
{
	struct shunt_off_event ev;

	o->queue[0].head = ~0u - 3;
	o->done[0].done = ~0u - 3;
	shunt_off_leave(v);
	v = next_agent();
	for (__u64 i = 0; i < 8; i++) {
		shunt_off_emit(o, 0, &(struct shunt_off_event){ .type = SHUNT_EV_IDLE, .arg = i });
		assert_int_equal(shunt_off_poll(v, &ev, 1), 1);
		assert_true(ev.arg == i && ev.n == (__u32)(~0u - 2 + i));
		assert_int_equal(verdict_on(run_it(0, 0)), SHUNT_OFF_TAKEN);
	}
	assert_int_equal(shunt_off_lost(v), 0);
}

static void test_each_decision_gets_the_verdict_that_it_deserves(void **state)
{
	__u32 ver = put(3, SHUNT_OBJ_WAITS), none = put(4, SHUNT_OBJ_NONE);
	struct shunt_off_decision late = run_it(3, ver), soon = run_it(3, ver);

	late.until_ns = clock_ns() - 1;
	soon.until_ns = clock_ns() + 3600 * 1000000000ULL;
	assert_int_equal(verdict_on(late), SHUNT_OFF_LATE);
	assert_int_equal(verdict_on(soon), SHUNT_OFF_TAKEN);
	assert_int_equal(shunt_off_version(o, 3), ver + 1); /* claimed */
	assert_int_equal(verdict_on(run_it(3, ver)), SHUNT_OFF_STALE);
	ver = shunt_off_publish(o, 3, &(struct shunt_off_object){ .state = SHUNT_OBJ_RUNS });
	assert_int_equal(verdict_on(run_it(3, ver)), SHUNT_OFF_BUSY); /* it runs somewhere */
	assert_int_equal(shunt_off_version(o, 3), ver);
	ver = put(3, SHUNT_OBJ_WAITS);
	assert_int_equal(verdict_on(run_it(3, ver - 2)), SHUNT_OFF_STALE);
	assert_int_equal(verdict_on(run_it(4, none)), SHUNT_OFF_GONE);
	assert_int_equal(verdict_on(run_it(4, none - 2)), SHUNT_OFF_GONE);
	assert_int_equal(shunt_off_version(o, 4), none); /* as it was */
	assert_int_equal(verdict_on(run_it(0, 0)), SHUNT_OFF_TAKEN); /* the head of its class */
	shunt_off_untake(o, 0, SHUNT_OFF_BUSY);
	__u64 n[SHUNT_OFF_VERDICTS + 1];

	shunt_off_counts(o, n);
	assert_true(n[SHUNT_OFF_TAKEN] == 1 && n[SHUNT_OFF_BUSY] == 2);
}

static void test_decisions_about_what_is_not_there_are_refused(void **state)
{
	__u32 ver = put(3, SHUNT_OBJ_WAITS);
	struct shunt_off_decision bad[] = {
		run_it(OBJECTS, ver), run_it(~0u, ver), run_it(3, ver + 1), run_it(3, ver),
		run_it(3, ver), run_it(3, ver), run_it(3, ver), run_it(3, ver),
	};

	bad[3].cls = 3;
	bad[4].cls = 255;
	bad[5].core = 1; /* another slot's */
	bad[6].op = SHUNT_OP_PAGEOUT; /* of memory */
	bad[7].op = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verdict_on(bad[i]), SHUNT_OFF_REFUSED);
	v->epoch++;
	assert_int_equal(verdict_on(run_it(3, ver)), SHUNT_OFF_REFUSED);
	v->epoch--;
	assert_int_equal(verdict_on(run_it(3, ver)), SHUNT_OFF_TAKEN);
}

static void test_a_slot_has_room_for_its_decisions_and_no_more(void **state)
{
	struct shunt_off_decision d = run_it(0, 0), got;

	for (unsigned int i = 0; i < SHUNT_OFF_DEPTH; i++)
		assert_int_equal(shunt_off_stage(v, 1, &d), 0);
	assert_int_equal(shunt_off_stage(v, 1, &d), -ENOSPC);
	assert_int_equal(shunt_off_staged(v, 1), SHUNT_OFF_DEPTH);
	d.core = 1;
	assert_int_equal(shunt_off_take(o, 1, &got), 0); /* both were for core 0 */
	assert_int_equal(shunt_off_stage(v, 1, &d), 0);
	assert_int_equal(shunt_off_take(o, 1, &got), 1);
	assert_int_equal(shunt_off_take(o, 1, &got), 0);
	assert_int_equal(shunt_off_stage(v, SLOTS, &d), -EINVAL);
}

static void test_of_two_threads_that_want_an_object_one_gets_it(void **state)
{
	__u32 ver = put(5, SHUNT_OBJ_WAITS);
	struct shunt_off_object seen;

	assert_int_equal(shunt_off_claim(o, 5, ver), 0);
	assert_int_equal(shunt_off_claim(o, 5, ver), -EAGAIN);
	assert_int_equal(shunt_off_claim(o, 5, ver + 1), -EAGAIN);
	assert_int_equal(shunt_off_object(v, 5, &seen), -EAGAIN);
	shunt_off_publish(o, 5, &(struct shunt_off_object){ .state = SHUNT_OBJ_RUNS, .key = 9 });
	assert_int_equal(shunt_off_object(v, 5, &seen), 0);
	assert_true(seen.ver == ver + 2 && seen.key == 9 && seen.state == SHUNT_OBJ_RUNS);
	assert_int_equal(shunt_off_object(v, OBJECTS, &seen), -EINVAL);
}

static void test_what_an_agent_writes_that_was_replaced_nobody_reads(void **state)
{
	struct shunt_off_view *old = v;
	struct shunt_off_decision d = run_it(0, 0), got;
	__u64 n[SHUNT_OFF_VERDICTS + 1];

	assert_int_equal(shunt_off_stage(old, 0, &d), 0);
	assert_int_equal(shunt_off_replaced(old), 0);
	v = next_agent();
	assert_int_equal(shunt_off_replaced(old), 1);
	assert_int_equal(shunt_off_stage(old, 0, &d), 0);
	assert_int_equal(shunt_off_take(o, 0, &got), 0);
	shunt_off_counts(o, n);
	for (int i = 0; i < SHUNT_OFF_VERDICTS; i++)
		assert_int_equal(n[i], 0);
	assert_int_equal(verdict_on(d), SHUNT_OFF_TAKEN);
	shunt_off_leave(old);
}

static void test_nobody_but_the_mechanism_can_write_to_its_memory(void **state)
{
	void *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);

	assert_ptr_equal(m, MAP_FAILED);
	assert_int_equal(pwrite(o->fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(o->fd, 0), -1);
	assert_int_equal(ftruncate(o->agent_fd, 0), -1);
	assert_int_equal(fallocate(o->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
	assert_int_equal(mprotect((void *)v->ctl, 4096, PROT_READ | PROT_WRITE), -1);
}

/* A hole in the agent's memory, which it may punch, reads as no decision. */
static void test_an_agent_that_punches_its_memory_decides_nothing(void **state)
{
	struct shunt_off_decision d = run_it(0, 0), got;

	assert_int_equal(shunt_off_stage(v, 0, &d), 0);
	assert_int_equal(fallocate(o->agent_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				   sizeof(struct shunt_off_agent)), 0);
	assert_int_equal(shunt_off_take(o, 0, &got), 0);
	assert_int_equal(shunt_off_alive(o, ~0ULL >> 1), 0);
}

static void test_a_beat_is_a_hint_that_cannot_be_of_the_future(void **state)
{
	struct shunt_off_event ev;

	assert_int_equal(shunt_off_alive(o, ~0ULL >> 1), 0);
	shunt_off_poll(v, &ev, 1);
	assert_int_equal(shunt_off_alive(o, 3600 * 1000000000ULL), 1);
	v->agent->beat_ns = ~0ULL;
	assert_int_equal(shunt_off_alive(o, ~0ULL >> 1), 0);
}

static void test_a_thread_that_finds_a_decision_does_not_sleep(void **state)
{
	struct shunt_off_decision d = run_it(0, 0);

	assert_int_equal(shunt_off_wait(o, 0, 1000), 0);
	assert_int_equal(o->done[0].bell, 0);
	assert_int_equal(shunt_off_stage(v, 0, &d), 0);
	assert_int_equal(shunt_off_wait(o, 0, 3600 * 1000000000ULL), 1);
	assert_int_equal(shunt_off_ring(v, ~0ULL), 0); /* nobody sleeps */
}

/* All bytes of the agent's memory at random, again and again: each decision that was looked at is
 * counted once, and what is applied is there. */
static void test_whatever_the_agent_writes_is_bounded_and_counted(void **state)
{
	struct shunt_off_agent *a = v->agent;
	__u64 n[SHUNT_OFF_VERDICTS + 1], sum = 0, taken = 0;
	struct shunt_off_decision d;
	struct rng r = { 7 };

	for (__u32 i = 1; i < OBJECTS; i++)
		put(i, i % 4 ? SHUNT_OBJ_WAITS : SHUNT_OBJ_NONE);
	for (int i = 0; i < 200000; i++) {
		unsigned int slot = rng_next(&r) % SLOTS;
		__u32 next = o->done[slot].done + 1;
		struct shunt_off_decision *p = &a->slot[slot].place[next % SHUNT_OFF_DEPTH].d;

		for (size_t k = 0; k < sizeof(*p) / 8; k++)
			((__u64 *)p)[k] = rng_next(&r);
		p->n = rng_next(&r) % 8 ? next : rng_next(&r);
		if (rng_next(&r) % 4) { /* nearly right */
			p->epoch = a->epoch;
			p->op = rng_next(&r) % 4;
			p->cls %= 4;
			p->core = slot;
			p->obj %= OBJECTS + 1;
			p->ver = p->obj < OBJECTS ? shunt_off_version(o, p->obj) : 0;
			p->until_ns = 0;
		}
		if (!shunt_off_take(o, slot, &d))
			continue;
		taken++;
		assert_true(d.obj < OBJECTS && d.cls < 3 && d.core == slot);
		if (!d.obj)
			continue;
		assert_int_equal(o->object[d.obj].ver, d.ver + 1);
		assert_int_equal(o->object[d.obj].state, SHUNT_OBJ_WAITS);
		shunt_off_publish(o, d.obj, &(struct shunt_off_object){
			.state = rng_next(&r) % SHUNT_OBJ_STATES });
	}
	shunt_off_counts(o, n);
	for (int i = 0; i < SHUNT_OFF_VERDICTS; i++)
		sum += n[i];
	assert_int_equal(n[SHUNT_OFF_TAKEN], taken);
	assert_int_equal(sum, o->done[0].done + o->done[1].done);
	assert_true(taken > 1000 && n[SHUNT_OFF_REFUSED] > 1000 && n[SHUNT_OFF_GONE] > 100);
}

static void test_sizes_that_make_no_sense_are_refused(void **state)
{
	struct shunt_off_sizes s[] = { threads, threads, threads, threads, threads, threads };
	int fd[2] = { o->agent_fd, o->fd };

	s[0].kind = 3;
	s[1].queues = 0;
	s[2].slots = SHUNT_OFF_SLOTS_MAX + 1;
	s[3].objects = SHUNT_OFF_OBJECTS_MAX + 1;
	s[4].classes = SHUNT_CLASSES + 1;
	s[5].classes = 0;
	for (size_t i = 0; i < sizeof(s) / sizeof(s[0]); i++) {
		assert_null(shunt_off_open(&s[i]));
		assert_int_equal(errno, EINVAL);
	}
	assert_null(shunt_off_map(fd)); /* the wrong way round */
}

static void test_agents_join_by_a_socket_one_after_the_other(void **state)
{
	char path[] = "/tmp/test_offload.XXXXXX/s";
	struct shunt_off_decision d = run_it(0, 0), got;

	path[sizeof(path) - 3] = '\0';
	assert_non_null(mkdtemp(path));
	path[sizeof(path) - 3] = '/';
	assert_null(shunt_off_join(path));
	assert_int_equal(errno, ENOENT);
	assert_true(shunt_off_listen(o, path) >= 0);
	assert_int_equal(shunt_off_accept(o), 0);
	for (int i = 0; i < 2; i++) {
		pid_t child = fork();
		int status;

		if (!child) {
			struct shunt_off_view *mine = shunt_off_join(path);

			_exit(!mine || shunt_off_stage(mine, 0, &d));
		}
		while (!shunt_off_accept(o))
			;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_int_equal(shunt_off_take(o, 0, &got), 1);
	}
	shunt_off_close(o);
	assert_int_equal(access(path, F_OK), -1);
	path[sizeof(path) - 3] = '\0';
	assert_int_equal(rmdir(path), 0);
	o = shunt_off_open(&threads);
}

int main(void)
{
#define IT(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		IT(test_events_arrive_in_order_with_their_numbers),
		IT(test_events_that_were_overwritten_are_counted_and_the_rest_is_read),
		IT(test_numbers_wrap),
		IT(test_each_decision_gets_the_verdict_that_it_deserves),
		IT(test_decisions_about_what_is_not_there_are_refused),
		IT(test_a_slot_has_room_for_its_decisions_and_no_more),
		IT(test_of_two_threads_that_want_an_object_one_gets_it),
		IT(test_what_an_agent_writes_that_was_replaced_nobody_reads),
		IT(test_nobody_but_the_mechanism_can_write_to_its_memory),
		IT(test_an_agent_that_punches_its_memory_decides_nothing),
		IT(test_a_beat_is_a_hint_that_cannot_be_of_the_future),
		IT(test_a_thread_that_finds_a_decision_does_not_sleep),
		IT(test_whatever_the_agent_writes_is_bounded_and_counted),
		IT(test_sizes_that_make_no_sense_are_refused),
		IT(test_agents_join_by_a_socket_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
