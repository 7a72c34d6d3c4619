// SPDX-License-Identifier: BSD-2-Clause
/*
 * price.c - what each step of a request takes of its core, in a worker that serves in a lab
 *
 * Linked with shunt-spin and the library's objects. The linker leads the library's calls from one
 * of its files to another by here (--wrap), so that the library has no line for it. In turns of a
 * few requests it notes either each step (the counter is read around each call), or only how long
 * requests took in all, beside the work that they asked for: so both are of the same moments, and
 * the one has no readings in it. What readings themselves take is measured when it starts, and
 * subtracted.
 *
 * A stretch lasts from idle to idle, or for STRETCH requests of a core that is never idle. One in
 * which the CPU was away is set aside. Looks of a core that has nothing to do belong to no request.
 *
 * SIGUSR1: writes what was noted since the last one into the file that PRICE names, and begins
 * anew. One core only.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostlib/internal.h"
#include "lib/clock.h"

#define STRETCH 16
#define TURNS 64         /* stretches until the other way of noting */
#define AWAY_NS 100000   /* a stretch this much longer than its work: the CPU was away */
#define READINGS 1000    /* in each of so many rounds, of which the quickest counts: */
#define ROUNDS 300

#define STEPS(X)                                                                                  \
	X(LOOP, "the core's loop: clock, counts, the handler's call")                             \
	X(TAKE, "looking for the next request")                                                   \
	X(POP, "taking it out of its ring")                                                       \
	X(ASK, "asking the policy")                                                               \
	X(STACK, "a stack of its own")                                                            \
	X(SWITCH, "on to its stack and off")                                                      \
	X(BEGIN, "deciding whether it may be stopped")                                            \
	X(HANDLER, "in the handler, beyond its work")                                             \
	X(YIELD, "asked to yield")                                                                \
	X(PARK, "parking and resuming")                                                           \
	X(END, "reply, checksum, counts")                                                         \
	X(KICK, "the system call that sends")                                                     \
	X(FETCH, "fetching ahead")                                                                \
	X(FRAMES, "frames back to the fill ring")                                                 \
	X(IDLE_OVER, "idle no more")                                                              \
	X(IDLE, "idle")

enum step {
#define STEP(name, text) name,
	STEPS(STEP)
#undef STEP
	NR_STEPS
};

static const char *const texts[] = {
#define STEP(name, text) text,
	STEPS(STEP)
#undef STEP
};

struct notes {
	uint64_t ticks[NR_STEPS], calls[NR_STEPS];
	uint64_t inside[NR_STEPS]; /* calls from this step to others */
	uint64_t all, requests, work_ns;
};

static struct notes now, sum[2]; /* [1]: each step, [0]: in all */
static bool fine, running;
static enum step at;
static uint64_t last, began, aside;
static unsigned int stretches;
static double ns_per_tick, reading_in, reading_out; /* ticks */
static struct { uint64_t ticks, ns; } start;
static volatile sig_atomic_t asked;

static inline uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

static inline enum step enter(enum step to)
{
	enum step from = at;

	if (fine) {
		uint64_t t = ticks();

		now.ticks[from] += t - last;
		now.calls[to]++;
		now.inside[from]++;
		last = t;
	}
	at = to;
	return from;
}

static inline void leave(enum step to)
{
	if (fine) {
		uint64_t t = ticks();

		now.ticks[at] += t - last;
		last = t;
	}
	at = to;
}

/* --- the library's calls ---------------------------------------------------------------------- */

#define WRAP(WHAT, type, name, params, args)                                                      \
	type __real_##name params;                                                                \
	type __wrap_##name params;                                                                \
	type __wrap_##name params                                                                 \
	{                                                                                         \
		enum step from = enter(WHAT);                                                     \
		type ret = __real_##name args;                                                    \
		leave(from);                                                                      \
		return ret;                                                                       \
	}
#define WRAP_VOID(WHAT, name, params, args)                                                       \
	void __real_##name params;                                                                \
	void __wrap_##name params;                                                                \
	void __wrap_##name params                                                                 \
	{                                                                                         \
		enum step from = enter(WHAT);                                                     \
		__real_##name args;                                                               \
		leave(from);                                                                      \
	}

WRAP(TAKE, bool, next_take, (struct core *c), (c))
WRAP(POP, bool, queue_pop, (struct core *c, uint32_t slot, struct item *it), (c, slot, it))
WRAP(ASK, int, policy_ask, (struct core *c, const struct policy *p, enum shunt_ask_op op,
			    const struct shunt_event *ev), (c, p, op, ev))
WRAP(STACK, struct ctx *, ctx_get, (struct ctx_pool *p), (p))
WRAP_VOID(STACK, ctx_put, (struct ctx_pool *p, struct ctx *c), (p, c))
WRAP_VOID(STACK, ctx_start, (struct ctx *c, void (*fn)(void *), void *arg), (c, fn, arg))
WRAP_VOID(BEGIN, yield_start, (struct core *c, uint64_t t), (c, t))
WRAP(PARK, bool, park_put, (struct core *c, int next), (c, next))
WRAP(PARK, bool, park_take, (struct core *c, uint32_t cls), (c, cls))
WRAP_VOID(END, queue_end, (struct core *c, struct item *it, uint64_t ns, bool timed),
	  (c, it, ns, timed))
WRAP_VOID(KICK, reply_kick, (struct core *c), (c))
WRAP_VOID(FETCH, next_prefetch, (const struct core *c), (c))
WRAP_VOID(FETCH, next_prefetch_heads, (const struct core *c), (c))
WRAP_VOID(FRAMES, frames_recycle, (struct core *c), (c))
WRAP_VOID(IDLE_OVER, idle_over, (struct core *c), (c))

/* The request may leave its stack in any step, and come back to it in another. */
WRAP_VOID(SWITCH, ctx_enter, (struct ctx_home *home, struct ctx *to), (home, to))

static void (*point)(enum preempt_way way);

static void noted_point(enum preempt_way way)
{
	enum step from = enter(YIELD);

	point(way);
	leave(from);
}

void __real_preempt_worker_begin(volatile uint32_t *look, void (*to)(enum preempt_way way));
void __wrap_preempt_worker_begin(volatile uint32_t *look, void (*to)(enum preempt_way way));
void __wrap_preempt_worker_begin(volatile uint32_t *look, void (*to)(enum preempt_way way))
{
	point = to;
	running = true;
	__real_preempt_worker_begin(look, noted_point);
}

/* --- stretches -------------------------------------------------------------------------------- */

static void add(struct notes *to)
{
	for (int i = 0; i < NR_STEPS; i++) {
		to->ticks[i] += now.ticks[i];
		to->calls[i] += now.calls[i];
		to->inside[i] += now.inside[i];
	}
	to->all += now.all;
	to->requests += now.requests;
	to->work_ns += now.work_ns;
}

static double per_request(const struct notes *n, double count)
{
	return n->requests ? count / n->requests : 0;
}

static void write_notes(void)
{
	const struct notes *steps = &sum[1], *whole = &sum[0];
	FILE *f = fopen(getenv("PRICE"), "w");

	if (!f)
		return;
	fprintf(f, "{\"requests\": %lu, \"aside\": %lu, \"measured_ns\": %.1f, \"steps\": [",
		whole->requests + steps->requests, aside,
		per_request(whole, whole->all * ns_per_tick - whole->work_ns));
	for (int i = 0; i < NR_STEPS; i++) {
		double t = steps->ticks[i] - steps->calls[i] * reading_in -
			   steps->inside[i] * reading_out;

		if (i == IDLE)
			continue;
		fprintf(f, "%s{\"name\": \"%s\", \"ns\": %.1f, \"calls\": %.3f}", i ? ", " : "",
			texts[i],
			per_request(steps, t * ns_per_tick - (i == HANDLER) * steps->work_ns),
			per_request(steps, steps->calls[i]));
	}
	fprintf(f, "]}\n");
	fclose(f);
}

static void begin_stretch(void)
{
	memset(&now, 0, sizeof(now));
	began = last = ticks();
}

static void end_stretch(void)
{
	uint64_t t = ticks();

	if (fine)
		now.ticks[at] += t - last;
	now.all = t - began;
	if (now.requests && now.all * ns_per_tick < now.work_ns + AWAY_NS)
		add(&sum[fine]);
	else if (now.requests)
		aside += now.requests;
	if (now.requests && !(++stretches % TURNS))
		fine = !fine;
	if (asked) {
		uint64_t ns = clock_ns();

		ns_per_tick = (double)(ns - start.ns) / (t - start.ticks);
		write_notes();
		memset(sum, 0, sizeof(sum));
		asked = aside = 0;
	}
}

void __real_idle_turn(struct core *c);
void __wrap_idle_turn(struct core *c);
void __wrap_idle_turn(struct core *c)
{
	enum step from = at;

	end_stretch();
	at = IDLE;
	__real_idle_turn(c);
	at = from;
	begin_stretch();
}

void __real_work_ns(uint64_t ns, bool safepoints);
void __wrap_work_ns(uint64_t ns, bool safepoints);
void __wrap_work_ns(uint64_t ns, bool safepoints)
{
	enum step from;

	if (!running) {
		__real_work_ns(ns, safepoints);
		return;
	}
	if (now.requests >= STRETCH) {
		end_stretch();
		begin_stretch();
	}
	now.requests++;
	now.work_ns += ns;
	from = enter(HANDLER);
	__real_work_ns(ns, safepoints);
	leave(from);
}

/* --- readings themselves ---------------------------------------------------------------------- */

static void on_asked(int sig)
{
	asked = 1;
}

static __attribute__((noinline)) void nothing(void)
{
	enum step from = enter(POP);

	asm volatile("");
	leave(from);
}

static __attribute__((constructor)) void measure_readings(void)
{
	uint64_t t, ns = clock_ns();

	start.ticks = ticks();
	start.ns = ns;
	fine = true;
	reading_in = reading_out = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		begin_stretch();
		at = LOOP;
		for (int i = 0; i < READINGS; i++)
			nothing();
		reading_in = fmin(reading_in, (double)now.ticks[POP] / READINGS);
		reading_out = fmin(reading_out, (double)now.ticks[LOOP] / READINGS);
	}
	t = ticks();
	ns_per_tick = (double)(clock_ns() - start.ns) / (t - start.ticks);
	fine = false;
	memset(&now, 0, sizeof(now));
	signal(SIGUSR1, on_asked);
}
