// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_faults.c - a place whose process dies at any instruction, whose memory others wrote,
 * whose cores meet: no actor loses a timer, half of a change is no state, regions stay apart
 */
/* link: hostlib/actor/place.c hostlib/actor/make.c hostlib/actor/tell.c hostlib/actor/run.c */
/* link: hostlib/actor/region.c hostlib/actor/object.c hostlib/actor/recover.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/actor/lock.h"
#include "hostlib/actor/place.h"
#include "hostlib/actor/region.h"

#define SIZE (4u << 20)
#define TURNS 1000 /* more than any of these tests needs */

struct state {
	uint64_t n, half, whole;
};

static struct place *p;
static char path[64];
static void (*in_handler)(struct shunt_actor *self);
static void (*in_init)(struct shunt_actor *self);
static void (*in_resumed)(struct shunt_actor *self);
static int did; /* result of what was done there */
static unsigned int resumes;

static int init(struct shunt_actor *self, const void *arg, size_t len)
{
	struct state *s = shunt_actor_state(self);

	s->half = 1;
	if (in_init)
		in_init(self);
	s->whole = 1;
	return 0;
}

static void resumed(struct shunt_actor *self)
{
	resumes++;
	if (in_resumed)
		in_resumed(self);
}

static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct state *s = shunt_actor_state(self);

	s->n++;
	if (in_handler)
		in_handler(self);
	return 0;
}

static const struct shunt_actor_kind small = {
	.name = "small", .version = 1, .state = sizeof(struct state), .memory = 4096,
	.init = init, .handle = handle, .resumed = resumed,
};
static const struct shunt_actor_kind big = {
	.name = "big", .version = 1, .state = sizeof(struct state), .memory = 65536,
	.init = init, .handle = handle, .resumed = resumed,
};
static const struct shunt_actor_kind *const kinds[] = { &small, &big, NULL };

static void open_place(void)
{
	resumes = 0;
	assert_int_equal(place_open(&p, path, SIZE, 0, kinds), 0);
}

static int set_up(void **state)
{
	strcpy(path, "/dev/shm/test_faults.XXXXXX");
	close(mkstemp(path));
	in_handler = in_init = in_resumed = NULL;
	open_place();
	return 0;
}

static int tear_down(void **state)
{
	place_close(p);
	unlink(path);
	return 0;
}

static void again(void)
{
	place_close(p);
	p = NULL;
	open_place();
}

static uint32_t make(const char *kind, const char *name)
{
	uint32_t id = 0;

	assert_int_equal(place_make(p, kind, name, NULL, 0, &id), 0);
	return id;
}

static struct state *state_of(uint32_t id)
{
	assert_non_null(place_actor(p, id));
	return shunt_actor_state(place_actor(p, id));
}

static struct shunt_actor_stats stats(void)
{
	struct shunt_actor_stats s;

	place_stats(p, &s);
	return s;
}

static int tell(uint32_t id)
{
	return place_tell(p, id, 0, 1, NULL, 0, 0);
}

/* Until nothing is left to do: when to look again. */
static uint64_t run_all(void)
{
	uint64_t next = 0;

	for (int i = 0; !next; i++) {
		assert_true(i < TURNS);
		next = place_turn(p, 0);
	}
	return next;
}

static void delete(uint32_t id)
{
	assert_int_equal(place_delete(p, id), 0);
	run_all();
}

static bool overlap(const struct place_slot *a, const struct place_slot *b)
{
	return a->room && b->room && a->at < b->at + b->room && b->at < a->at + a->room;
}

static void assert_regions_are_apart(void)
{
	for (uint32_t i = 0; i < 8; i++) {
		for (uint32_t k = 0; k < i; k++)
			assert_false(overlap(&p->head->slot[i], &p->head->slot[k]));
	}
}

/* --- a death at any instruction --------------------------------------------------------------- */

/* A child with that open place runs it, and ends. */
static void die_in(void (*run)(void))
{
	pid_t pid;
	int status;

	place_close(p);
	p = NULL;
	pid = fork();
	if (!pid) {
		run();
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void is_stepped(void)
{
	uint32_t id;

	if (place_open(&p, path, SIZE, 0, kinds) || ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	raise(SIGSTOP);
	_exit(!!place_make(p, "big", "big", NULL, 0, &id));
}

static void a_region_given_to_a_slot_never_overlaps_one_at_any_instruction(void **state)
{
	uint32_t a = make("small", "a"), steps = 0;
	struct place_head *h;
	uint64_t used;
	pid_t pid;
	int status, fd;

	make("small", "b");
	delete(a);
	used = p->head->used;
	place_close(p);
	p = NULL;
	fd = open(path, O_RDONLY);
	h = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	assert_true(h != MAP_FAILED);
	pid = fork();
	if (!pid)
		is_stepped();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (; WIFSTOPPED(status) && h->used == used; steps++) {
		assert_false(overlap(&h->slot[0], &h->slot[1]));
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFSTOPPED(status));
	assert_true(steps > 100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(h->slot[0].room, 65536);
	munmap(h, SIZE);
	open_place();
	assert_regions_are_apart();
}

static void end_process(struct shunt_actor *self)
{
	_exit(0);
}

static void die_in_handler(void)
{
	open_place();
	in_handler = end_process;
	tell(place_find(p, "a"));
	run_all();
}

static void die_in_init(void)
{
	in_init = end_process;
	open_place();
}

static void die_in_resumed(void)
{
	in_resumed = end_process;
	open_place();
}

static void an_actor_whose_process_dies_while_it_begins_anew_does_so_again(void **state)
{
	uint32_t id = make("small", "a");

	die_in(die_in_handler);
	die_in(die_in_init);
	open_place();
	assert_int_equal(state_of(id)->whole, 1);
	assert_int_equal(resumes, 0);
	assert_int_equal(place_actor(p, id)->slot->lock, 0);
}

static void an_actor_whose_process_dies_in_resumed_begins_anew(void **state)
{
	uint32_t id = make("small", "a");

	tell(id);
	run_all();
	die_in(die_in_resumed);
	open_place();
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(stats().resets, 1);
}

static void make_a_big_one(struct shunt_actor *self)
{
	uint32_t id;

	did = place_make(p, "big", "big", NULL, 0, &id);
}

static void an_actor_made_by_resumed_has_a_region_of_its_own(void **state)
{
	uint32_t a = make("small", "a");

	make("small", "b");
	make("small", "c");
	delete(a);
	in_resumed = make_a_big_one;
	did = 1;
	again();
	assert_int_equal(resumes, 2); /* not of the one that is new */
	assert_int_equal(did, -EEXIST); /* to the second of them */
	assert_int_not_equal(place_find(p, "big"), 0);
	make("big", "another");
	assert_regions_are_apart();
}

static void an_actor_made_by_init_is_refused(void **state)
{
	in_init = make_a_big_one;
	alarm(10);
	make("small", "a");
	alarm(0);
	assert_int_equal(did, -EDEADLK);
	in_init = NULL;
	make("big", "big");
}

/* --- cores that meet -------------------------------------------------------------------------- */

/* A second core looks while this one is in the handler. */
static void set_a_timer_that_another_core_sees(struct shunt_actor *self)
{
	in_handler = NULL;
	did = shunt_tell_after(self, 0, 1, 0);
	place_turn(p, 1);
}

static void a_timer_that_another_core_saw_during_the_handler_fires(void **state)
{
	uint32_t id = make("small", "a");

	in_handler = set_a_timer_that_another_core_sees;
	tell(id);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(did, 0);
	assert_int_equal(stats().fired, 1);
}

/* Core 0 has looked at the timers and has nothing to do; before it says so core 1 finds one due. */
static void a_timer_that_another_core_found_due_stays_so(void **state)
{
	struct shunt_actor *a = place_actor(p, make("small", "a"));

	assert_true(place_lock(a, 0));
	a->misses = 1;
	assert_int_equal(shunt_tell_after(a, 0, 1, 0), 0);
	place_turn(p, 1);
	place_miss(p, a);
	place_unlock(a);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(stats().fired, 1);
}

static void set_the_longest_timer(struct shunt_actor *self)
{
	in_handler = NULL;
	did = shunt_tell_after(self, UINT64_MAX, 1, 0);
}

static void a_timer_of_the_longest_time_does_not_fire_at_once(void **state)
{
	in_handler = set_the_longest_timer;
	tell(make("small", "a"));
	assert_true(run_all() > place_now());
	assert_int_equal(did, 0);
	assert_int_equal(stats().fired, 0);
}

static void delete_self(struct shunt_actor *self)
{
	did = place_delete(p, shunt_actor_id(self));
}

static void set_three_timers(struct shunt_actor *self)
{
	in_handler = delete_self;
	for (int i = 0; i < 3; i++)
		did = shunt_tell_after(self, 0, 1, 0);
}

static void an_actor_deleted_by_its_timer_gets_no_other_one(void **state)
{
	uint32_t id = make("small", "a");

	in_handler = set_three_timers;
	tell(id);
	run_all();
	assert_int_equal(stats().fired, 1);
	assert_int_equal(place_find(p, "a"), 0);
}

static void a_message_into_a_slot_without_an_actor_is_lost_and_cores_sleep(void **state)
{
	uint32_t id = make("small", "a");
	struct shunt_actor *a = place_actor(p, id);
	struct letter in = { .to = id, .kind = 1 };

	delete(id);
	/* The rest of a place_tell() that found the actor while it was there. */
	assert_true(mailbox_put(a->box, &a->slot->told, &in, NULL));
	place_set_ready(p, a->nr);
	assert_true(run_all() == PLACE_NEVER);
	assert_int_equal(stats().told, 1);
	assert_int_equal(stats().lost, 1);
}

/* place_delete() has looked for the actor; before it swaps the state the slot gets another one.
 * That is as if the id were still the actor's in this process, but not in the slot. */
static void an_old_id_deletes_no_other_actor(void **state)
{
	uint32_t old = make("small", "a"), id;

	delete(old);
	id = make("small", "b");
	assert_int_equal((uint16_t)old, (uint16_t)id);
	p->actor[(uint16_t)old].id = old;
	assert_int_equal(place_delete(p, old), -ENOENT);
	p->actor[(uint16_t)old].id = id;
	assert_int_equal(place_find(p, "b"), id);
}

/* --- memory and files of others --------------------------------------------------------------- */

static void a_region_of_no_bytes_at_the_end_is_not_read(void **state)
{
	struct place_slot *s = place_actor(p, make("small", "a"))->slot;

	s->at = p->size;
	s->room = 0;
	again();
	assert_int_equal(p->head->slot[0].at, 0);
	assert_int_equal(place_find(p, "a"), 0);
}

static void of_regions_that_overlap_one_is_taken(void **state)
{
	struct place_slot *a = place_actor(p, make("small", "a"))->slot;
	struct place_slot *b = place_actor(p, make("small", "b"))->slot;

	b->at = a->at;
	again();
	assert_int_not_equal(place_find(p, "a"), 0);
	assert_int_equal(place_find(p, "b"), 0);
	assert_regions_are_apart();
}

static void assert_refused(int err)
{
	assert_int_equal(place_open(&p, path, SIZE, 0, kinds), err);
	assert_null(p);
}

static void a_file_that_begins_with_zeros_is_not_written_over(void **state)
{
	static const char data[] = "somebody's";
	char found[4096];
	int fd;

	place_close(p);
	fd = open(path, O_RDWR | O_TRUNC);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(pwrite(fd, data, sizeof(data), 12288), sizeof(data));
	assert_refused(-EPROTO);
	assert_int_equal(pread(fd, found, sizeof(found), 0), sizeof(found));
	for (size_t i = 0; i < sizeof(found); i++)
		assert_int_equal(found[i], 0);
	close(fd);
}

static void a_file_whose_process_died_as_it_made_it_is_made(void **state)
{
	place_close(p);
	assert_int_equal(truncate(path, PLACE_LINE), 0);
	open_place();
	make("small", "a");
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	place_close(p);
	assert_int_equal(chmod(path, 0666), 0);
	assert_refused(-EPERM);
	assert_int_equal(chmod(path, 0620), 0);
	assert_refused(-EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	open_place();
}

static void what_is_no_file_is_refused(void **state)
{
	place_close(p);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-EPERM);
}

#define FAULT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAULT(a_region_given_to_a_slot_never_overlaps_one_at_any_instruction),
		FAULT(an_actor_whose_process_dies_while_it_begins_anew_does_so_again),
		FAULT(an_actor_whose_process_dies_in_resumed_begins_anew),
		FAULT(an_actor_made_by_resumed_has_a_region_of_its_own),
		FAULT(an_actor_made_by_init_is_refused),
		FAULT(a_timer_that_another_core_saw_during_the_handler_fires),
		FAULT(a_timer_that_another_core_found_due_stays_so),
		FAULT(a_timer_of_the_longest_time_does_not_fire_at_once),
		FAULT(an_actor_deleted_by_its_timer_gets_no_other_one),
		FAULT(a_message_into_a_slot_without_an_actor_is_lost_and_cores_sleep),
		FAULT(an_old_id_deletes_no_other_actor),
		FAULT(a_region_of_no_bytes_at_the_end_is_not_read),
		FAULT(of_regions_that_overlap_one_is_taken),
		FAULT(a_file_that_begins_with_zeros_is_not_written_over),
		FAULT(a_file_whose_process_died_as_it_made_it_is_made),
		FAULT(a_file_that_others_may_write_is_refused),
		FAULT(what_is_no_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
