// SPDX-License-Identifier: BSD-2-Clause
/*
 * switch.c - what a switch between a thread and a context
 * costs, in cycles of the time-stamp counter
 *
 * The median of many short batches, each next to a batch of empty calls, which is subtracted. A
 * round trip of ctx_enter() and ctx_leave() is two switches. "calm" is the share of batches within
 * 1.5 times the lowest: in the others the CPU was taken away.
 */
#include <fenv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <jansson.h>

#include "hostlib/ctx.h"

#include "ticks.h"

#define BATCH 64  /* round trips, timed together */
#define ROUNDS 20001
#define MANY 64   /* contexts, entered in turn */

static struct ctx_pool pool;
static struct ctx_home home;
static struct ctx_exceptions exceptions; /* as those of a program in C++ */
static struct ctx *one, *other, *many[MANY];
static volatile double sink = 1.0;

static void leave_always(void *arg)
{
	struct ctx *self = *(struct ctx **)arg;

	for (;;)
		ctx_leave(self);
}

static void leave_rounding_up(void *arg)
{
	fesetround(FE_UPWARD);
	leave_always(arg);
}

/* Raises "inexact" after every resumption, as most floating-point code does. */
static void leave_inexact(void *arg)
{
	struct ctx *self = *(struct ctx **)arg;

	for (;;) {
		sink = sink / 3 + 1;
		ctx_leave(self);
	}
}

static void __attribute__((noinline)) empty_call(struct ctx_home *h, struct ctx *c)
{
	asm volatile("" : : "r"(h), "r"(c) : "memory");
}

static void do_empty(void)
{
	for (int i = 0; i < BATCH; i++)
		empty_call(&home, one);
}

static void do_one(void)
{
	for (int i = 0; i < BATCH; i++)
		ctx_enter(&home, one);
}

static void do_two(void)
{
	for (int i = 0; i < BATCH; i += 2) {
		ctx_enter(&home, one);
		ctx_enter(&home, other);
	}
}

static void do_many(void)
{
	static unsigned int at;

	for (int i = 0; i < BATCH; i++)
		ctx_enter(&home, many[at++ % MANY]);
}

static void exit_at_once(void *arg)
{
	ctx_exit(*(struct ctx **)arg);
}

static void do_start(void)
{
	for (int i = 0; i < BATCH; i++) {
		struct ctx *c = ctx_get(&pool);

		*(struct ctx **)c->stack = c;
		ctx_start(c, exit_at_once, c->stack);
		ctx_enter(&home, c);
		ctx_put(&pool, c);
	}
}

static void do_get_put(void)
{
	for (int i = 0; i < BATCH; i++)
		ctx_put(&pool, ctx_get(&pool));
}

static struct ctx *start(void (*fn)(void *arg))
{
	struct ctx *c = ctx_get(&pool);

	if (!c)
		exit(1);
	*(struct ctx **)c->stack = c;
	ctx_start(c, fn, c->stack);
	ctx_enter(&home, c);
	return c;
}

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

struct result {
	double p25, p50, p75, calm;
};

/* Ticks a time over those of an empty call next to it. */
static struct result measure(void (*what)(void))
{
	static double over[ROUNDS];
	double calm = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t a = ticks(), b, c;

		do_empty();
		b = ticks();
		what();
		c = ticks();
		over[i] = ((double)(c - b) - (double)(b - a)) / BATCH;
	}
	qsort(over, ROUNDS, sizeof(*over), by_value);
	for (int i = 0; i < ROUNDS; i++)
		calm += over[i] < 1.5 * over[ROUNDS / 20];
	return (struct result){ over[ROUNDS / 4], over[ROUNDS / 2], over[ROUNDS * 3 / 4],
				calm / ROUNDS };
}

static json_t *tell(const char *name, struct result r, int switches)
{
	printf("%-28s %6.1f (%5.1f to %5.1f)  calm rounds %3.0f %%\n", name, r.p50 / switches,
	       r.p25 / switches, r.p75 / switches, r.calm * 100);
	return json_pack("{s:f, s:f, s:f, s:f}", "p25", r.p25 / switches, "p50", r.p50 / switches,
			 "p75", r.p75 / switches, "calm", r.calm);
}

int main(void)
{
	json_t *out = json_object();

	if (ctx_pool_init(&pool, MANY + 8, 0)) {
		fprintf(stderr, "switch: no memory for contexts\n");
		return 1;
	}
	printf("ticks a switch, over an empty call:\n");
	one = start(leave_always);
	other = start(leave_always);
	json_object_set_new(out, "unit", json_string("ticks of the processor's counter"));
	json_object_set_new(out, "same_context", tell("the same context", measure(do_one), 2));
	json_object_set_new(out, "two_contexts", tell("two contexts in turn", measure(do_two), 2));
	home.exceptions = &exceptions;
	json_object_set_new(out, "exceptions", tell("two, in a C++ program", measure(do_two), 2));
	home.exceptions = NULL;
	one = start(leave_inexact);
	json_object_set_new(out, "one_inexact",
			    tell("two, one raising inexact", measure(do_two), 2));
	one = start(leave_rounding_up);
	json_object_set_new(out, "one_rounding", tell("two, one rounding up", measure(do_two), 2));
	for (int i = 0; i < MANY; i++)
		many[i] = start(leave_always);
	json_object_set_new(out, "many_contexts", tell("64 contexts in turn", measure(do_many), 2));
	printf("ticks for the whole:\n");
	json_object_set_new(out, "life",
			    tell("get, start, enter, exit, put", measure(do_start), 1));
	json_object_set_new(out, "get_put", tell("get, put", measure(do_get_put), 1));
	ctx_pool_free(&pool);
	mkdir("build/bench", 0755);
	if (json_dump_file(out, "build/bench/switch.json",
			   JSON_INDENT(2) | JSON_REAL_PRECISION(4))) {
		fprintf(stderr, "switch: cannot write 'build/bench/switch.json'\n");
		return 1;
	}
	json_decref(out);
	return 0;
}
