// SPDX-License-Identifier: BSD-2-Clause
/*
 * actors.c - the cost of a message from actor to actor in one place: told, found, locked, run
 *
 * On one CPU, so the lock and the mailbox are in its cache: other cores cost more. JSON on stdout;
 * times in ns of CPU time, the median of the rounds and the least.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostlib/actor/place.h"

#define ROUNDS 15
#define MESSAGES 1000000
#define MANY 256

struct state {
	uint64_t n;
	uint32_t to;
};

static struct place *p;
static uint32_t id[MANY];

/* Each message makes one more, to the actor that the state names. */
static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	struct state *s = shunt_actor_state(self);
	uint64_t value;

	memcpy(&value, m->data, sizeof(value));
	s->n += value;
	if (s->to)
		shunt_tell(self, s->to, 1, &value, sizeof(value));
	return 0;
}

static const struct shunt_actor_kind counter = {
	.name = "counter", .version = 1, .state = sizeof(struct state), .memory = 4096,
	.handle = handle,
};
static const struct shunt_actor_kind *const kinds[] = { &counter, NULL };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static struct state *state_of(uint32_t i)
{
	return shunt_actor_state(place_actor(p, id[i]));
}

static uint64_t ran(uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += place_actor(p, id[i])->slot->ran;
	return sum;
}

/* A chain of messages through n actors, in an order that a stride gives. */
static double one_round(uint32_t n, uint32_t chains)
{
	uint64_t one = 1, begun = ran(n), done;
	double start;

	for (uint32_t i = 0; i < n; i++)
		state_of(i)->to = id[(i * 37 + 11) % n];
	for (uint32_t i = 0; i < chains; i++)
		place_tell(p, id[i % n], 0, 1, &one, sizeof(one), 0);
	start = now();
	for (done = 0; done < MESSAGES; done = ran(n) - begun) {
		for (int i = 0; i < 1000; i++)
			place_turn(p, 0);
	}
	start = (now() - start) / done;
	for (uint32_t i = 0; i < n; i++) /* the chains end */
		state_of(i)->to = 0;
	while (!place_turn(p, 0))
		;
	return start;
}

/* The handler called directly, for comparison. */
static double one_round_of_calls(void)
{
	long (*volatile call)(struct shunt_actor *, struct shunt_message *) = handle;
	struct shunt_actor *a = place_actor(p, id[0]);
	uint64_t one = 1;
	struct shunt_message m = { .data = &one, .len = sizeof(one) };
	double start;

	state_of(0)->to = 0;
	start = now();
	for (int i = 0; i < MESSAGES; i++)
		call(a, &m);
	return (now() - start) / MESSAGES;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *of)
{
	qsort(of, ROUNDS, sizeof(*of), by_value);
	return of[ROUNDS / 2];
}

int main(void)
{
	double two[ROUNDS], many[ROUNDS], batch[ROUNDS], calls[ROUNDS];
	struct shunt_actor_opts opts = { .size = 8 << 20, .kinds = kinds };
	cpu_set_t one;
	char name[16];
	int err;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	err = place_open(&p, &opts);
	for (int i = 0; !err && i < MANY; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		err = place_make(p, "counter", name, NULL, 0, &id[i]);
	}
	if (err) {
		fprintf(stderr, "bench/actors: %s\n", strerror(-err));
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		two[i] = one_round(2, 1);
		many[i] = one_round(MANY, MANY / 2);
		batch[i] = one_round(2, 64);
		calls[i] = one_round_of_calls();
	}
	printf("{\"hop_ns\":%.1f", median(two));
	printf(",\"hop_ns_least\":%.1f,\"hop_256_actors_ns\":%.1f,\"hop_in_batches_ns\":%.1f,"
	       "\"call_ns\":%.1f}\n", two[0], median(many), median(batch), median(calls));
	place_close(p);
	return 0;
}
