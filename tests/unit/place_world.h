/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place_world.h - a place for tests, in a file of its own, with kinds of actor whose handlers count
 * and do what a test says
 */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostlib/actor/lock.h"
#include "hostlib/actor/region.h"

#define SIZE (4u << 20)
#define TURNS 100000 /* more than any of these tests needs */

struct state {
	uint64_t n, sum;
	uint32_t first, last; /* data of messages, as they came */
	uint32_t order;       /* messages that came out of order */
	uint32_t list;        /* the root of objects */
	uint64_t half, whole; /* init() has begun, has ended */
};

typedef int (*what_to_do)(struct shunt_actor *self);

static struct place *p;
static char path[64];
static size_t size;               /* of the memory */
static char noticed[1024];        /* what was told, each in a line */
static long answer;               /* of handle() to requests */
static uint32_t to;               /* whom "forwarder" hands on to */
static int later;                 /* times that a handler says SHUNT_LATER */
static what_to_do in_handler, in_init, in_resumed; /* done there; NULL: nothing */
static int did;                   /* the result of that */
static unsigned int inits, resumes;

static inline int init(struct shunt_actor *self, const void *arg, size_t len)
{
	struct state *s = shunt_actor_state(self);

	inits++;
	s->half = 1;
	if (arg)
		memcpy(&s->sum, arg, len < sizeof(s->sum) ? len : sizeof(s->sum));
	if (in_init)
		did = in_init(self);
	s->whole = 1;
	return s->sum == 666 ? -EPERM : 0;
}

static inline void resumed(struct shunt_actor *self)
{
	resumes++;
	if (in_resumed)
		did = in_resumed(self);
}

static inline long handle(struct shunt_actor *self, struct shunt_message *m)
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

static inline long forward(struct shunt_actor *self, struct shunt_message *m)
{
	return shunt_forward(self, m, to);
}

#define COUNTS .version = 1, .state = sizeof(struct state), .init = init, .handle = handle, \
	       .resumed = resumed

static const struct shunt_actor_kind counter = { .name = "counter", COUNTS };
static const struct shunt_actor_kind keeper = { .name = "keeper", COUNTS,
						.flags = SHUNT_ACTOR_KEEP };
static const struct shunt_actor_kind small = { .name = "small", COUNTS, .memory = 4096 };
static const struct shunt_actor_kind wide = { .name = "wide", COUNTS,
					      .memory = 2 * SHUNT_ACTOR_MEMORY };
static const struct shunt_actor_kind large = { .name = "large", COUNTS, .memory = SIZE / 2 };
static const struct shunt_actor_kind forwarder = { .name = "forwarder", .version = 1,
						   .handle = forward };
static const struct shunt_actor_kind *const kinds[] = { &counter, &keeper, &small, &wide, &large,
							&forwarder, NULL };

static inline void notice(const char *text)
{
	size_t n = strlen(noticed);

	snprintf(noticed + n, sizeof(noticed) - n, "%s\n", text);
}

static inline int try_open(const struct shunt_actor_kind *const *of, size_t bytes)
{
	struct shunt_actor_opts opts = { .sz = sizeof(opts), .kinds = of, .memory = path,
					 .size = bytes, .notice = notice };

	inits = resumes = 0;
	noticed[0] = '\0';
	return place_open(&p, &opts);
}

static inline void open_with(const struct shunt_actor_kind *const *of)
{
	assert_int_equal(try_open(of, size), 0);
}

static inline void open_place(void)
{
	open_with(kinds);
}

static inline void close_place(void)
{
	place_close(p);
	p = NULL;
}

static inline void again(void)
{
	close_place();
	open_place();
}

/* A new memory of that size. */
static inline void resize(size_t bytes)
{
	close_place();
	unlink(path);
	size = bytes;
	open_place();
}

static inline int set_up(void **state)
{
	strcpy(path, "/dev/shm/test_place.XXXXXX");
	close(mkstemp(path));
	size = SIZE;
	in_handler = in_init = in_resumed = NULL;
	answer = 8;
	later = 0;
	open_place();
	return 0;
}

static inline int tear_down(void **state)
{
	close_place();
	unlink(path);
	return 0;
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static inline uint32_t make(const char *kind, const char *name)
{
	uint32_t id = 0;

	assert_int_equal(place_make(p, kind, name, NULL, 0, &id), 0);
	assert_int_not_equal(id, 0);
	return id;
}

static inline struct place_slot *slot_of(uint32_t id)
{
	assert_non_null(place_actor(p, id));
	return place_actor(p, id)->slot;
}

static inline struct state *state_of(uint32_t id)
{
	assert_non_null(place_actor(p, id));
	return shunt_actor_state(place_actor(p, id));
}

static inline struct shunt_actor_stats stats(void)
{
	struct shunt_actor_stats s;

	place_stats(p, &s);
	return s;
}

static inline int tell(uint32_t id, uint32_t value)
{
	return place_tell(p, id, 0, 1, &value, sizeof(value), value);
}

/* Until nothing is left to do: when to look again. */
static inline uint64_t run_all(void)
{
	uint64_t next = 0;

	for (int i = 0; !next; i++) {
		assert_true(i < TURNS);
		next = place_turn(p, 0);
	}
	return next;
}

static inline void delete(uint32_t id)
{
	assert_int_equal(place_delete(p, id), 0);
	run_all();
}

static inline long request(uint32_t id)
{
	char data[64] = { 0 };
	struct shunt_req req = { .data = data, .len = 8, .room = sizeof(data), .actor = id };

	return place_request(p, 0, id, &req);
}

static inline void assert_all_accounted_for(uint64_t waiting)
{
	struct shunt_actor_stats s = stats();

	assert_int_equal(s.told, s.ran + s.lost + waiting);
}

/* A child with no place runs it, and ends by _exit(0) in there. */
static inline void die_in(void (*run)(void))
{
	pid_t pid;
	int status;

	close_place();
	pid = fork();
	if (!pid) {
		run();
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
