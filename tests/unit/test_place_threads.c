// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_threads.c - threads that tell, and cores that run, at the same time: each message is
 * run once, each sender's in order, and no two cores are in one actor's handler
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
/* sanitize: thread */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostlib/actor/place.h"

#define ACTORS 3
#define TELLERS 2
#define CORES 2

struct word {
	uint32_t sender, n;
};

/* Written without atomics: the actor's lock is all that keeps cores apart. */
struct state {
	uint32_t inside, wrong;
	uint32_t next[TELLERS];
	uint64_t n;
};

static struct place *p;
static uint32_t id[ACTORS];
static uint32_t messages; /* of a teller, for each actor */
static _Atomic int telling;

static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct state *s = shunt_actor_state(self);
	struct word w;

	s->wrong += s->inside++ != 0;
	if (m->req) {
		s->n++;
	} else {
		memcpy(&w, m->data, sizeof(w));
		s->wrong += w.sender >= TELLERS || s->next[w.sender % TELLERS]++ != w.n;
		s->n++;
	}
	s->inside--;
	return 0;
}

static const struct shunt_actor_kind counter = {
	.name = "counter", .version = 1, .state = sizeof(struct state), .handle = handle,
};
static const struct shunt_actor_kind *const kinds[] = { &counter, NULL };

static void *teller(void *arg)
{
	struct word w = { .sender = (uintptr_t)arg };

	for (; w.n < messages; w.n++) {
		for (int a = 0; a < ACTORS; a++) {
			while (place_tell(p, id[a], 0, 1, &w, sizeof(w), 0) == -EAGAIN)
				sched_yield();
		}
	}
	telling--;
	return NULL;
}

/* Beside its turns a core has requests. */
static void *core(void *arg)
{
	unsigned int number = (uintptr_t)arg;
	uint32_t turns = 0;
	char data[8];
	struct shunt_req req = { .data = data, .len = 8, .room = 8 };

	while (telling || place_turn(p, number) != PLACE_NEVER) {
		if (!place_turn(p, number) && turns++ % 16 == 0)
			place_request(p, number, id[turns % ACTORS], &req);
		if (turns % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void each_message_is_run_once_in_order_by_one_core_at_a_time(void **state)
{
	pthread_t thread[TELLERS + CORES];
	struct shunt_actor_opts opts = { .size = 4 << 20, .kinds = kinds };
	struct shunt_actor_stats st;
	uint64_t n = 0;
	char name[16];

	messages = getenv("LONG") ? 200000 : 5000;
	assert_int_equal(place_open(&p, &opts), 0);
	for (int i = 0; i < ACTORS; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(place_make(p, "counter", name, NULL, 0, &id[i]), 0);
	}
	telling = TELLERS;
	for (uintptr_t i = 0; i < TELLERS; i++)
		pthread_create(&thread[i], NULL, teller, (void *)i);
	for (uintptr_t i = 0; i < CORES; i++)
		pthread_create(&thread[TELLERS + i], NULL, core, (void *)i);
	for (int i = 0; i < TELLERS + CORES; i++)
		pthread_join(thread[i], NULL);
	place_stats(p, &st);
	for (int i = 0; i < ACTORS; i++) {
		const struct state *s = shunt_actor_state(place_actor(p, id[i]));

		assert_int_equal(s->wrong, 0);
		for (int k = 0; k < TELLERS; k++)
			assert_int_equal(s->next[k], messages);
		n += s->n;
	}
	assert_int_equal(st.told, (uint64_t)ACTORS * TELLERS * messages);
	assert_int_equal(st.ran, st.told);
	assert_int_equal(n, st.ran + st.requests);
	place_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_is_run_once_in_order_by_one_core_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
