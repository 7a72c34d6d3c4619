// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place.c - actors of a place: made, told, timed, run once at a time, deleted; and what the
 * next process finds
 */
/* link: hostlib/actor/place.c hostlib/actor/make.c hostlib/actor/tell.c hostlib/actor/run.c */
/* link: hostlib/actor/region.c hostlib/actor/object.c hostlib/actor/recover.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/actor/lock.h"
#include "hostlib/actor/region.h"

#define SIZE (4u << 20)
#define ROWS 4 /* slots of the configuration's */

struct state {
	uint64_t n, sum;
	uint32_t first, last; /* data of messages, as they came */
	uint32_t order;       /* messages that came out of order */
	uint32_t list;        /* the root of objects */
};

static struct place *p;
static char path[64];
static long answer;               /* of handle() to requests */
static uint32_t to;               /* whom "forwarder" hands on to */
static int later;                 /* times that a handler says SHUNT_LATER */
static int (*in_handler)(struct shunt_actor *self); /* done there; NULL: nothing */
static int did;                   /* its result */
static unsigned int inits, resumes;

static int init(struct shunt_actor *self, const void *arg, size_t len)
{
	struct state *s = shunt_actor_state(self);

	inits++;
	if (arg)
		memcpy(&s->sum, arg, len < sizeof(s->sum) ? len : sizeof(s->sum));
	return s->sum == 666 ? -EPERM : 0;
}

static void resumed(struct shunt_actor *self)
{
	resumes++;
}

static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct state *s = shunt_actor_state(self);
	uint32_t value = 0;

	if (later) {
		later--;
		return SHUNT_LATER;
	}
	if (in_handler)
		did = in_handler(self);
	if (m->len >= sizeof(value))
		memcpy(&value, m->data, sizeof(value));
	if (!s->n++)
		s->first = value;
	else if (value != s->last + 1)
		s->order++;
	s->last = value;
	s->sum += m->cookie;
	return m->req ? answer : 0;
}

static long forward(struct shunt_actor *self, struct shunt_message *m)
{
	return shunt_forward(self, m, to);
}

static const struct shunt_actor_kind counter = {
	.name = "counter", .version = 1, .state = sizeof(struct state), .init = init,
	.handle = handle, .resumed = resumed,
};
static const struct shunt_actor_kind keeper = {
	.name = "keeper", .version = 1, .state = sizeof(struct state), .init = init,
	.handle = handle, .resumed = resumed, .flags = SHUNT_ACTOR_KEEP,
};
static const struct shunt_actor_kind forwarder = {
	.name = "forwarder", .version = 1, .handle = forward,
};
static const struct shunt_actor_kind large = {
	.name = "large", .version = 1, .memory = SIZE / 2, .handle = handle, .state = 64,
};
static const struct shunt_actor_kind *const kinds[] = { &counter, &keeper, &forwarder, &large,
							 NULL };

static void open_place(void)
{
	inits = resumes = 0;
	assert_int_equal(place_open(&p, path, SIZE, ROWS, kinds), 0);
}

static int set_up(void **state)
{
	int fd;

	strcpy(path, "/dev/shm/test_place.XXXXXX");
	fd = mkstemp(path);
	close(fd);
	in_handler = NULL;
	answer = 8;
	later = 0;
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
	open_place();
}

static uint32_t make(const char *kind, const char *name)
{
	uint32_t id = 0;

	assert_int_equal(place_make(p, kind, name, NULL, 0, &id), 0);
	assert_int_not_equal(id, 0);
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

static int tell(uint32_t id, uint32_t value)
{
	return place_tell(p, id, 0, 1, &value, sizeof(value), value);
}

static void run_all(void)
{
	while (!place_turn(p, 0))
		;
}

static void assert_all_accounted_for(uint64_t waiting)
{
	struct shunt_actor_stats s = stats();

	assert_int_equal(s.told, s.ran + s.lost + waiting);
}

static long request(uint32_t id)
{
	char data[64] = { 0 };
	struct shunt_req req = { .data = data, .len = 8, .room = sizeof(data), .actor = id };

	return place_request(p, 0, id, &req);
}

/* --- made and found --------------------------------------------------------------------------- */

static void an_actor_is_found_by_its_name_and_its_id(void **state)
{
	uint64_t seven = 7;
	uint32_t id;

	assert_int_equal(place_make(p, "counter", "a", &seven, sizeof(seven), &id), 0);
	assert_int_equal(place_find(p, "a"), id);
	assert_int_equal(place_find(p, "b"), 0);
	assert_int_equal(state_of(id)->sum, 7);
	assert_true((uint16_t)id >= ROWS);
}

static void what_cannot_be_made_is_told(void **state)
{
	uint64_t bad = 666;
	uint32_t id;

	make("counter", "a");
	assert_int_equal(place_make(p, "counter", "a", NULL, 0, &id), -EEXIST);
	assert_int_equal(place_make(p, "none", "b", NULL, 0, &id), -ENOENT);
	assert_int_equal(place_make(p, "counter", "", NULL, 0, &id), -EINVAL);
	assert_int_equal(place_make(p, "counter", "a name that is long", NULL, 0, &id), -EINVAL);
	assert_int_equal(place_make(p, "counter", "b", &bad, sizeof(bad), &id), -EPERM);
	assert_int_equal(place_find(p, "b"), 0);
}

static void memory_that_is_used_up_is_told_and_comes_back(void **state)
{
	uint32_t id = make("large", "a"), other;

	assert_int_equal(place_make(p, "large", "b", NULL, 0, &other), -ENOSPC);
	assert_int_equal(place_delete(p, id), 0);
	run_all();
	make("large", "b");
}

static void there_are_as_many_actors_as_slots(void **state)
{
	char name[PLACE_NAME];
	uint32_t n = 0, id;
	int err;

	place_close(p);
	unlink(path);
	assert_int_equal(place_open(&p, path, 80u << 20, ROWS, kinds), 0);
	do {
		snprintf(name, sizeof(name), "n%u", n);
		err = place_make(p, "counter", name, NULL, 0, &id);
		n += !err;
	} while (!err);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(n, PLACE_ACTORS - ROWS);
	assert_int_equal(place_make_at(p, 0, 1, "counter", "row"), 0);
}

/* --- told ------------------------------------------------------------------------------------- */

static void messages_come_in_the_order_in_which_they_were_told(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 1; i <= 5000; i++) {
		assert_int_equal(tell(id, i), 0);
		if (i % 7 == 0)
			place_turn(p, i % 3);
	}
	run_all();
	assert_int_equal(state_of(id)->n, 5000);
	assert_int_equal(state_of(id)->order, 0);
	assert_int_equal(state_of(id)->sum, 5000ull * 5001 / 2);
	assert_all_accounted_for(0);
}

static void a_full_mailbox_says_so_and_is_counted(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 0; i < SHUNT_MAILBOX; i++)
		assert_int_equal(tell(id, i), 0);
	assert_int_equal(tell(id, 0), -EAGAIN);
	assert_int_equal(stats().refused, 1);
	assert_all_accounted_for(SHUNT_MAILBOX);
	run_all();
	assert_int_equal(tell(id, SHUNT_MAILBOX), 0);
	run_all();
	assert_int_equal(state_of(id)->order, 0);
}

static void what_cannot_be_told_is_counted(void **state)
{
	static char much[SHUNT_TELL_MAX + 1];
	uint32_t id = make("counter", "a");

	assert_int_equal(place_tell(p, id, 0, 1, much, sizeof(much), 0), -EMSGSIZE);
	assert_int_equal(place_tell(p, id, 0, 1, much, SHUNT_TELL_MAX, 0), 0);
	assert_int_equal(tell(id + 1, 0), -ENOENT);
	assert_int_equal(tell(0, 0), -ENOENT);
	assert_int_equal(tell(~0u, 0), -ENOENT);
	assert_int_equal(stats().refused, 4);
}

static void many_actors_each_get_theirs(void **state)
{
	uint32_t id[30];
	char name[PLACE_NAME];

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		id[i] = make("counter", name);
	}
	for (uint32_t k = 1; k <= 200; k++) {
		for (int i = 0; i < 30; i++)
			assert_int_equal(tell(id[i], k), 0);
	}
	run_all();
	for (int i = 0; i < 30; i++) {
		assert_int_equal(state_of(id[i])->n, 200);
		assert_int_equal(state_of(id[i])->order, 0);
	}
}

static void a_turn_ends_although_more_waits(void **state)
{
	uint32_t id = make("counter", "a");

	for (uint32_t i = 0; i < 200; i++)
		tell(id, i);
	assert_int_equal(place_turn(p, 0), 0);
	assert_in_range(state_of(id)->n, 1, PLACE_BATCH);
}

static void a_message_that_is_for_later_comes_again_and_keeps_its_order(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	for (uint32_t i = 0; i < 20; i++) {
		tell(id, i);
		tell(other, i);
	}
	later = 5;
	run_all();
	assert_int_equal(stats().later, 5);
	assert_int_equal(state_of(id)->n + state_of(other)->n, 40);
	assert_int_equal(state_of(id)->order + state_of(other)->order, 0);
}

static int tell_self(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);
	uint32_t next = s->n + 1;

	return s->n < 100 ? shunt_tell(self, shunt_actor_id(self), 1, &next, sizeof(next)) : 0;
}

static void an_actor_may_tell_itself(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = tell_self;
	tell(id, 0);
	run_all();
	assert_int_equal(state_of(id)->n, 101);
	assert_int_equal(state_of(id)->order, 0);
}

/* --- the lock --------------------------------------------------------------------------------- */

static uint64_t lock_seen[2];

static int see_lock(struct shunt_actor *self)
{
	lock_seen[0] = lock_seen[1];
	lock_seen[1] = self->slot->lock;
	return place_lock(self, 5);
}

static void the_lock_names_process_core_and_message_and_is_one_s_alone(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = see_lock;
	tell(id, 0);
	tell(id, 1);
	place_turn(p, 3);
	assert_false(did); /* nobody else gets it meanwhile */
	assert_int_equal(PLACE_LOCK_PROCESS(lock_seen[1]), p->process);
	assert_int_equal(PLACE_LOCK_CORE(lock_seen[1]), 3);
	assert_int_equal((uint32_t)lock_seen[1], (uint32_t)lock_seen[0] + 1);
	assert_int_equal(place_actor(p, id)->slot->lock, 0);
}

static void an_actor_that_another_core_has_is_left_to_it(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	assert_true(place_lock(place_actor(p, id), 1));
	tell(id, 0);
	tell(other, 0);
	for (int i = 0; i < 10; i++)
		place_turn(p, 0);
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(state_of(other)->n, 1);
	place_unlock(place_actor(p, id));
	run_all();
	assert_int_equal(state_of(id)->n, 1);
}

/* --- requests --------------------------------------------------------------------------------- */

static void a_request_is_answered_by_its_actor(void **state)
{
	uint32_t id = make("counter", "a");

	assert_int_equal(request(id), 8);
	answer = SHUNT_NO_REPLY;
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	assert_int_equal(state_of(id)->n, 2);
	assert_int_equal(stats().requests, 2);
}

static void a_request_for_nobody_is_counted(void **state)
{
	uint32_t id = make("counter", "a");

	assert_int_equal(request(id + 1), SHUNT_NO_REPLY);
	assert_int_equal(request(id + 0x10000), SHUNT_NO_REPLY); /* another generation */
	assert_int_equal(request(0xffffffff), SHUNT_NO_REPLY);
	assert_int_equal(stats().nobody, 3);
	assert_int_equal(state_of(id)->n, 0);
}

static void a_request_is_handed_on_with_its_answer(void **state)
{
	uint32_t a = make("forwarder", "a"), b = make("counter", "b");

	to = b;
	assert_int_equal(request(a), 8);
	assert_int_equal(state_of(b)->n, 1);
	to = a; /* for ever */
	assert_int_equal(request(a), SHUNT_NO_REPLY);
	assert_int_equal(stats().given_up, 1);
	to = b + 1;
	assert_int_equal(request(a), SHUNT_NO_REPLY);
	assert_int_equal(stats().nobody, 1);
}

static void a_message_is_handed_on_and_waits_where_there_is_no_room(void **state)
{
	uint32_t a = make("forwarder", "a"), b = make("counter", "b");

	to = b;
	assert_true(place_lock(place_actor(p, b), 1));
	for (uint32_t i = 0; i < SHUNT_MAILBOX + 10; i++) {
		assert_int_equal(tell(a, i), 0);
		for (int k = 0; k < 3; k++)
			place_turn(p, 0);
	}
	assert_true(stats().later > 0);
	place_unlock(place_actor(p, b));
	run_all();
	assert_int_equal(state_of(b)->n, SHUNT_MAILBOX + 10);
	assert_int_equal(state_of(b)->order, 0);
	assert_all_accounted_for(0);
}

/* What it waits for is done in between. */
static void a_request_that_is_for_later_is_run_again_until_it_is_given_up(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	tell(other, 0);
	later = 3;
	assert_int_equal(request(id), 8);
	assert_int_equal(state_of(other)->n, 1);
	assert_int_equal(stats().later, 3);
	later = 1 << 30;
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	assert_int_equal(stats().given_up, 1);
}

/* --- timers ----------------------------------------------------------------------------------- */

static int set_timer(struct shunt_actor *self)
{
	in_handler = NULL;
	return shunt_tell_after(self, 1000000, 9, 1000);
}

static int set_timers(struct shunt_actor *self)
{
	int n = 0;

	in_handler = NULL;
	while (!shunt_tell_after(self, 0, 9, 1000))
		n++;
	return n;
}

static void a_timer_fires_once_and_not_before_its_time(void **state)
{
	uint32_t id = make("counter", "a");
	uint64_t set;

	in_handler = set_timer;
	tell(id, 1);
	set = place_now();
	run_all();
	assert_int_equal(did, 0);
	assert_true(place_turn(p, 0) >= set + 1000000);
	while (state_of(id)->n < 2)
		place_turn(p, 0);
	assert_true(place_now() >= set + 1000000);
	assert_int_equal(state_of(id)->sum, 1001);
	run_all();
	assert_true(place_turn(p, 0) == PLACE_NEVER);
	assert_int_equal(stats().fired, 1);
}

static void an_actor_has_a_number_of_timers(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = set_timers;
	tell(id, 1);
	run_all();
	assert_int_equal(did, SHUNT_TIMERS);
	while (state_of(id)->n < 1 + SHUNT_TIMERS)
		place_turn(p, 0);
	assert_int_equal(stats().fired, SHUNT_TIMERS);
}

static void timers_are_set_again_by_the_next_process(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = set_timer;
	tell(id, 1);
	run_all();
	again();
	while (state_of(id)->n < 2)
		place_turn(p, 0);
	assert_int_equal(stats().fired, 1);
}

/* --- gone ------------------------------------------------------------------------------------- */

static void a_deleted_actor_gets_nothing_and_its_messages_are_lost(void **state)
{
	uint32_t id = make("counter", "a"), next;

	for (uint32_t i = 0; i < 10; i++)
		tell(id, i);
	assert_int_equal(place_delete(p, id), 0);
	assert_int_equal(place_delete(p, id), -ENOENT);
	assert_int_equal(tell(id, 0), -ENOENT);
	assert_int_equal(place_find(p, "a"), 0);
	run_all();
	assert_int_equal(stats().lost, 10);
	assert_all_accounted_for(0);
	next = make("counter", "a");
	assert_int_not_equal(next, id);
	assert_int_equal(state_of(next)->n, 0);
	assert_int_equal(tell(id, 0), -ENOENT);
	tell(next, 1);
	run_all();
	assert_int_equal(state_of(next)->n, 1);
}

static int delete_self(struct shunt_actor *self)
{
	return place_delete(p, shunt_actor_id(self));
}

static void an_actor_may_delete_itself(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = delete_self;
	assert_int_equal(request(id), 8);
	assert_int_equal(did, 0);
	run_all();
	assert_int_equal(request(id), SHUNT_NO_REPLY);
	make("counter", "a");
}

/* --- the next process ------------------------------------------------------------------------- */

static void the_next_process_finds_the_state_and_counts_what_was_lost(void **state)
{
	uint32_t id = make("counter", "a");

	tell(id, 5);
	run_all();
	tell(id, 6);
	tell(id, 7);
	again();
	assert_int_equal(place_find(p, "a"), id);
	assert_int_equal(state_of(id)->n, 1);
	assert_int_equal(state_of(id)->last, 5);
	assert_int_equal(inits, 0);
	assert_int_equal(resumes, 1);
	assert_int_equal(stats().lost, 2);
	assert_all_accounted_for(0);
	tell(id, 6);
	run_all();
	assert_int_equal(state_of(id)->n, 2);
}

static int die(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);

	s->n = 77; /* half of a change */
	_exit(0);
}

/* A child opens the memory, and is gone in the handler of that actor. */
static void die_in(const char *name)
{
	pid_t pid;
	int status;

	place_close(p);
	pid = fork();
	if (!pid) {
		if (place_open(&p, path, SIZE, ROWS, kinds))
			_exit(1);
		in_handler = die;
		tell(place_find(p, name), 1);
		run_all();
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	open_place();
}

static void an_actor_whose_process_died_in_its_handler_begins_anew(void **state)
{
	uint32_t id = make("counter", "a"), other = make("counter", "b");

	tell(other, 1);
	run_all();
	die_in("a");
	assert_int_equal(state_of(id)->n, 0);
	assert_int_equal(inits, 1);
	assert_int_equal(stats().resets, 1);
	assert_int_equal(stats().lost, 1);
	assert_int_equal(state_of(other)->n, 1);
	assert_int_equal(place_actor(p, id)->slot->lock, 0);
}

static void an_actor_that_keeps_its_state_has_it_as_it_was_left(void **state)
{
	uint32_t id = make("keeper", "a");

	die_in("a");
	assert_int_equal(state_of(id)->n, 77);
	assert_int_equal(stats().resets, 0);
	assert_int_equal(resumes, 1);
}

static void another_version_of_a_kind_begins_anew(void **state)
{
	static const struct shunt_actor_kind newer = {
		.name = "counter", .version = 2, .state = sizeof(struct state), .init = init,
		.handle = handle,
	};
	static const struct shunt_actor_kind *const newer_kinds[] = { &newer, NULL };

	make("counter", "a");
	place_close(p);
	assert_int_equal(place_open(&p, path, SIZE, ROWS, newer_kinds), 0);
	assert_int_equal(place_find(p, "a"), 0);
	make("counter", "a");
}

static void a_configured_actor_keeps_its_state_and_has_the_row_s_generation(void **state)
{
	assert_int_equal(place_make_at(p, 2, 9, "counter", "row"), 0);
	assert_int_equal(place_find(p, "row"), 9 << 16 | 2);
	tell(9 << 16 | 2, 4);
	run_all();
	again();
	assert_int_equal(place_make_at(p, 2, 10, "counter", "row"), 0);
	assert_int_equal(state_of(10 << 16 | 2)->last, 4);
	assert_int_equal(request(9 << 16 | 2), SHUNT_NO_REPLY);
	assert_int_equal(request(10 << 16 | 2), 8);
	/* the row has another name by now: another actor */
	assert_int_equal(place_make_at(p, 2, 11, "counter", "other"), 0);
	assert_int_equal(state_of(11 << 16 | 2)->n, 0);
}

static void a_memory_has_one_process(void **state)
{
	struct place *other;

	assert_int_equal(place_open(&other, path, SIZE, ROWS, kinds), -EBUSY);
	assert_null(other);
}

static void a_file_that_is_no_memory_is_refused(void **state)
{
	place_close(p);
	p = NULL;
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(place_open(&p, path, SIZE, ROWS, kinds), -EINVAL);
	assert_int_equal(truncate(path, SIZE + 4096), 0);
	assert_int_equal(place_open(&p, path, SIZE, ROWS, kinds), -EPROTO);
	assert_int_equal(truncate(path, 0), 0);
	open_place();
}

/* --- objects ---------------------------------------------------------------------------------- */

static int make_list(struct shunt_actor *self)
{
	struct state *s = shunt_actor_state(self);

	for (uint32_t i = 0; i < 50; i++) {
		shunt_object id = shunt_object_alloc(self, 8);
		uint32_t *at = shunt_object_at(self, id, 8);

		at[0] = i;
		at[1] = s->list;
		s->list = id;
	}
	return 0;
}

static int walk_list(struct shunt_actor *self)
{
	const struct state *s = shunt_actor_state(self);
	int sum = 0;

	for (shunt_object id = s->list; id;) {
		const uint32_t *at = shunt_object_at(self, id, 8);

		if (!at)
			return -1;
		sum += at[0];
		id = at[1];
	}
	return sum;
}

static void objects_are_there_in_the_next_process_by_the_same_ids(void **state)
{
	uint32_t id = make("counter", "a");

	in_handler = make_list;
	tell(id, 0);
	run_all();
	again();
	in_handler = walk_list;
	tell(id, 1);
	run_all();
	assert_int_equal(did, 50 * 49 / 2);
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(an_actor_is_found_by_its_name_and_its_id),
		PLACE_TEST(what_cannot_be_made_is_told),
		PLACE_TEST(memory_that_is_used_up_is_told_and_comes_back),
		PLACE_TEST(there_are_as_many_actors_as_slots),
		PLACE_TEST(messages_come_in_the_order_in_which_they_were_told),
		PLACE_TEST(a_full_mailbox_says_so_and_is_counted),
		PLACE_TEST(what_cannot_be_told_is_counted),
		PLACE_TEST(many_actors_each_get_theirs),
		PLACE_TEST(a_turn_ends_although_more_waits),
		PLACE_TEST(a_message_that_is_for_later_comes_again_and_keeps_its_order),
		PLACE_TEST(an_actor_may_tell_itself),
		PLACE_TEST(the_lock_names_process_core_and_message_and_is_one_s_alone),
		PLACE_TEST(an_actor_that_another_core_has_is_left_to_it),
		PLACE_TEST(a_request_is_answered_by_its_actor),
		PLACE_TEST(a_request_for_nobody_is_counted),
		PLACE_TEST(a_request_is_handed_on_with_its_answer),
		PLACE_TEST(a_message_is_handed_on_and_waits_where_there_is_no_room),
		PLACE_TEST(a_request_that_is_for_later_is_run_again_until_it_is_given_up),
		PLACE_TEST(a_timer_fires_once_and_not_before_its_time),
		PLACE_TEST(an_actor_has_a_number_of_timers),
		PLACE_TEST(timers_are_set_again_by_the_next_process),
		PLACE_TEST(a_deleted_actor_gets_nothing_and_its_messages_are_lost),
		PLACE_TEST(an_actor_may_delete_itself),
		PLACE_TEST(the_next_process_finds_the_state_and_counts_what_was_lost),
		PLACE_TEST(an_actor_whose_process_died_in_its_handler_begins_anew),
		PLACE_TEST(an_actor_that_keeps_its_state_has_it_as_it_was_left),
		PLACE_TEST(another_version_of_a_kind_begins_anew),
		PLACE_TEST(a_configured_actor_keeps_its_state_and_has_the_row_s_generation),
		PLACE_TEST(a_memory_has_one_process),
		PLACE_TEST(a_file_that_is_no_memory_is_refused),
		PLACE_TEST(objects_are_there_in_the_next_process_by_the_same_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
