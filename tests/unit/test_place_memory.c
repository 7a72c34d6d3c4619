// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_memory.c - the memory of a place: regions stay apart at any instruction, and whoever
wrote there; their room is used again
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "place_world.h"

/* A memory with room for so many regions of counters, and no more. */
static size_t room_for(int counters)
{
	return ((sizeof(struct place_head) + 4095) & ~(size_t)4095) +
	       (size_t)counters * SHUNT_ACTOR_MEMORY;
}

static bool overlap(const struct place_slot *a, const struct place_slot *b)
{
	return a->room && b->room && a->at < b->at + b->room && b->at < a->at + a->room;
}

static bool are_apart(const struct place_head *h)
{
	for (uint32_t i = 0; i < 8; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (overlap(&h->slot[i], &h->slot[k]))
				return false;
		}
	}
	return true;
}

/* --- used again ------------------------------------------------------------------------------- */

static void memory_that_is_used_up_is_told_and_comes_back(void **state)
{
	uint32_t id = make("large", "a"), other;

	assert_int_equal(place_make(p, "large", "b", NULL, 0, &other), -ENOSPC);
	delete(id);
	make("large", "b");
}

/* Two regions of 64 KiB are one of 128 KiB, and that is two again. */
static void room_of_deleted_actors_is_that_of_larger_and_of_smaller_ones(void **state)
{
	uint32_t a, b, c;

	resize(room_for(3));
	a = make("counter", "a");
	b = make("counter", "b");
	c = make("counter", "c");
	tell(c, 7);
	run_all();
	assert_int_equal(place_make(p, "small", "d", NULL, 0, NULL), -ENOSPC);
	delete(a);
	assert_int_equal(place_make(p, "wide", "w", NULL, 0, NULL), -ENOSPC);
	delete(b);
	a = make("wide", "w");
	assert_int_equal(place_make(p, "small", "d", NULL, 0, NULL), -ENOSPC);
	assert_true(are_apart(p->head));
	again(); /* the next process knows of it, too */
	assert_int_equal(place_find(p, "w"), a);
	assert_int_equal(state_of(c)->last, 7);
	delete(a);
	make("counter", "a");
	for (int i = 0; i < 16; i++) { /* 16 of 4 KiB in the other half */
		char name[PLACE_NAME];

		snprintf(name, sizeof(name), "s%d", i);
		make("small", name);
	}
	assert_int_equal(place_make(p, "small", "d", NULL, 0, NULL), -ENOSPC);
	assert_true(are_apart(p->head));
	assert_int_equal(state_of(c)->last, 7);
}

/* A slot's former actor had another size: that room is not lost with it. */
static void actors_that_come_and_go_in_two_sizes_use_up_no_memory(void **state)
{
	resize(room_for(2));
	for (int i = 0; i < 50; i++) {
		uint32_t a = make(i % 2 ? "counter" : "wide", "a");

		delete(a);
	}
}

/* --- a death at any instruction --------------------------------------------------------------- */

static bool stops_at_room;

/* In place of the C library's: room is found, and not yet the slot's. */
int posix_fallocate(int fd, off_t at, off_t len)
{
	int err = fallocate(fd, 0, at, len) ? errno : 0;

	if (stops_at_room)
		raise(SIGSTOP);
	return err;
}

static void is_stepped(void)
{
	if (try_open(kinds, 0) || ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	/* As where a slot's room was taken by another one's actor. */
	p->head->slot[3].at = p->head->slot[2].at;
	stops_at_room = true;
	_exit(!!place_make(p, "wide", "wide", NULL, 0, NULL));
}

/* The region of the third slot is made of those of the first two, which have no actors. */
static void regions_are_apart_at_each_instruction_that_gives_one(void **state)
{
	const struct place_head *h;
	uint32_t a, b, steps = 0;
	size_t bytes = room_for(3);
	pid_t pid;
	int status, fd;

	resize(bytes);
	a = make("counter", "a");
	b = make("counter", "b");
	make("counter", "c");
	delete(a);
	delete(b);
	close_place();
	fd = open(path, O_RDONLY);
	h = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	assert_true(h != MAP_FAILED);
	pid = fork();
	if (!pid)
		is_stepped();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (; WIFSTOPPED(status) && h->slot[3].room != wide.memory; steps++) {
		assert_true(are_apart(h));
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_true(WIFSTOPPED(status));
	assert_true(are_apart(h));
	assert_true(steps > 100);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	munmap((void *)h, bytes);
	open_place();
	assert_true(are_apart(p->head));
	assert_int_not_equal(place_find(p, "c"), 0);
}

static int make_a_wide_one(struct shunt_actor *self)
{
	return place_make(p, "wide", "wide", NULL, 0, NULL);
}

static void an_actor_made_by_resumed_has_a_region_of_its_own(void **state)
{
	uint32_t a = make("small", "a");

	make("small", "b");
	make("small", "c");
	delete(a);
	in_resumed = make_a_wide_one;
	did = 1;
	again();
	assert_int_equal(resumes, 2); /* not of the one that is new */
	assert_int_equal(did, -EEXIST); /* to the second of them */
	assert_int_not_equal(place_find(p, "wide"), 0);
	make("wide", "another");
	assert_true(are_apart(p->head));
}

/* --- whoever wrote there ---------------------------------------------------------------------- */

static void a_region_of_no_bytes_at_the_end_is_not_read(void **state)
{
	struct place_slot *s = slot_of(make("small", "a"));

	s->at = p->size;
	s->room = 0;
	again();
	assert_int_equal(p->head->slot[0].at, 0);
	assert_int_equal(place_find(p, "a"), 0);
	assert_int_equal(stats().gone, 1);
	assert_string_equal(noticed, "actor 'a' of kind 'small' is gone: its memory is damaged\n");
}

static void of_regions_that_overlap_one_is_taken(void **state)
{
	struct place_slot *a = slot_of(make("small", "a")), *b = slot_of(make("small", "b"));

	b->at = a->at;
	again();
	assert_int_not_equal(place_find(p, "a"), 0);
	assert_int_equal(place_find(p, "b"), 0);
	assert_true(are_apart(p->head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(memory_that_is_used_up_is_told_and_comes_back),
		PLACE_TEST(room_of_deleted_actors_is_that_of_larger_and_of_smaller_ones),
		PLACE_TEST(actors_that_come_and_go_in_two_sizes_use_up_no_memory),
		PLACE_TEST(regions_are_apart_at_each_instruction_that_gives_one),
		PLACE_TEST(an_actor_made_by_resumed_has_a_region_of_its_own),
		PLACE_TEST(a_region_of_no_bytes_at_the_end_is_not_read),
		PLACE_TEST(of_regions_that_overlap_one_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
