// SPDX-License-Identifier: BSD-2-Clause
/*
 * offload.c - what a decision costs that an agent on another CPU makes: asked for when it is
 * needed, and staged before
 *
 *   offload OUT.json [MECHANISM-CPU AGENT-CPU]
 *
 * Two processes with one memory. The agent has policy mq in native code. Asked for: from in front
 * of the event that a core is free to behind the take of the decision. Staged: the take alone, of a
 * decision that lies there, after 2 us of work whose end prefetches it; less what two readings of
 * the counter take by themselves. Missed: takes that found no decision yet.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include <shunt/abi.h>
#include <shunt/offload.h>

#include "line.h"
#include "ticks.h"

#define ROUNDS 100000
#define EVENTS 5000000
#define WORK_NS 2000
#define OBJECTS 64

int shunt_policy_select(struct shunt_view *v, const struct shunt_event *ev);

static double ticks_a_ns;
static uint32_t sample[ROUNDS];

static uint64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void calibrate(void)
{
	uint64_t from = clock_now(), begin = ticks(), to;

	do
		to = clock_now();
	while (to - from < 20000000);
	ticks_a_ns = (double)(ticks() - begin) / (to - from);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double quantile_ns(int n, double q)
{
	qsort(sample, n, sizeof(sample[0]), by_size);
	return sample[(int)(q * (n - 1))] / ticks_a_ns;
}

/* --- the agent -------------------------------------------------------------------------------- */

struct waits {
	__u32 obj[OBJECTS], ver[OBJECTS];
	__u64 at_ns[OBJECTS];
	unsigned int first, end;
};

static struct waits waits[2];
static struct shunt_view *view;

/* By mq: the class whose head is the latest for its objective. */
static bool decide(struct shunt_off_view *v, unsigned int slot)
{
	struct shunt_event ev = { .now_ns = clock_now(), .core = slot, .cls = SHUNT_NONE,
				  .run_cls = SHUNT_NONE };
	struct shunt_off_decision d = { .op = SHUNT_OP_RUN, .core = slot };
	struct waits *w;
	int cls;

	for (int c = 0; c < 2; c++) {
		w = &waits[c];
		if (w->first == w->end)
			continue;
		ev.waiting |= 1U << c;
		view->core[slot].heads.head_ns[c] = view->core[slot].heads.queued_ns[c] =
			w->at_ns[w->first % OBJECTS];
	}
	cls = ev.waiting ? shunt_policy_select(view, &ev) : -1;
	if (cls < 0 || cls > 1)
		return false;
	w = &waits[cls];
	d.cls = cls;
	d.obj = w->obj[w->first % OBJECTS];
	d.ver = w->ver[w->first++ % OBJECTS];
	return !shunt_off_stage(v, slot, &d);
}

static void hear(const struct shunt_off_event *ev)
{
	struct waits *w = &waits[ev->cls & 1];

	if (ev->type != SHUNT_EV_READY)
		return;
	w->obj[w->end % OBJECTS] = ev->obj;
	w->ver[w->end % OBJECTS] = ev->ver;
	w->at_ns[w->end++ % OBJECTS] = ev->at_ns;
}

/* Decides when the core says that it is free; from the first event of core 1 on, it stages. */
static void agent(const int fd[2], int cpu)
{
	struct shunt_off_view *v = shunt_off_map(fd);
	struct shunt_off_event ev[64];
	bool stages = false, asked;
	int n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	line_pin(cpu);
	view = aligned_alloc(SHUNT_LINE, sizeof(*view));
	if (!v || !view)
		_exit(1);
	memset(view, 0, sizeof(*view));
	view->nclasses = 2;
	view->slo_us[0] = 50;
	view->slo_us[1] = 1000;
	for (;;) {
		n = shunt_off_poll(v, ev, 64);
		asked = false;
		for (int i = 0; i < n; i++) {
			hear(&ev[i]);
			asked |= ev[i].type == SHUNT_EV_IDLE;
			stages |= ev[i].core == 1;
		}
		while ((asked || stages) && shunt_off_staged(v, 0) < (stages ? 2 : 1) &&
		       decide(v, 0))
			;
	}
}

/* --- the mechanism ---------------------------------------------------------------------------- */

static struct shunt_off *o;
static __u64 missed;

static void ready(__u32 obj)
{
	struct shunt_off_object as = { .state = SHUNT_OBJ_WAITS, .cls = obj & 1 };
	struct shunt_off_event ev = { .type = SHUNT_EV_READY, .obj = obj, .cls = obj & 1 };

	ev.ver = shunt_off_publish(o, obj, &as);
	shunt_off_emit(o, 0, &ev);
}

static void all_ready(void)
{
	for (__u32 i = 1; i < 9; i++) {
		shunt_off_claim(o, i, shunt_off_version(o, i));
		ready(i);
	}
}

static double ask_ns(void)
{
	struct shunt_off_event idle = { .type = SHUNT_EV_IDLE };
	struct shunt_off_decision d;
	uint64_t from;

	for (int i = 0; i < ROUNDS; i++) {
		from = ticks();
		shunt_off_emit(o, 0, &idle);
		while (!shunt_off_take(o, 0, &d))
			;
		sample[i] = ticks() - from;
		ready(d.obj);
	}
	return quantile_ns(ROUNDS, 0.5);
}

static void work(void)
{
	for (uint64_t from = clock_now(); clock_now() - from < WORK_NS;)
		;
	shunt_off_prefetch(o, 0);
	for (uint64_t from = clock_now(); clock_now() - from < 300;)
		; /* the rest of the work, while it comes */
}

static double staged_ns(double *p99)
{
	struct shunt_off_event stage = { .type = SHUNT_EV_SLICE, .core = 1 };
	struct shunt_off_decision d;
	uint64_t from, to;
	double p50;
	int n = 0;

	shunt_off_emit(o, 0, &stage);
	while (n < ROUNDS) {
		work();
		from = ticks();
		if (shunt_off_take(o, 0, &d)) {
			to = ticks();
			sample[n++] = to - from;
		} else {
			missed++;
			while (!shunt_off_take(o, 0, &d))
				;
		}
		ready(d.obj);
	}
	p50 = quantile_ns(ROUNDS, 0.5);
	*p99 = quantile_ns(ROUNDS, 0.99);
	return p50;
}

static double counter_ns(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = ticks();

		sample[i] = ticks() - from;
	}
	return quantile_ns(ROUNDS, 0.5);
}

/* As many as the agent reads: no more ahead of it than half of the ring. */
static double events_a_second(void)
{
	struct shunt_off_event ev = { .type = SHUNT_EV_SLICE };
	uint64_t from = clock_now();
	__u32 n = 0;

	for (int i = 0; i < EVENTS; i++) {
		n = shunt_off_emit(o, 0, &ev);
		while (n - shunt_off_seen(o, 0) > SHUNT_OFF_RING / 2)
			;
	}
	while (shunt_off_seen(o, 0) != n)
		;
	return EVENTS * 1e9 / (clock_now() - from);
}

/* --- the result ------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
	struct shunt_off_sizes sizes = { SHUNT_OFF_THREADS, 1, 1, OBJECTS, 2 };
	int fd[2], own = argc > 2 ? atoi(argv[2]) : 0, other = argc > 3 ? atoi(argv[3]) : 1;
	double ask, staged, p99, counter, rate, line;
	__u64 n[SHUNT_OFF_VERDICTS + 1];
	json_t *all;
	pid_t child;

	o = argc > 1 ? shunt_off_open(&sizes) : NULL;
	if (!o || shunt_off_replace(o, fd))
		return fprintf(stderr, "usage: offload OUT.json [MECHANISM-CPU AGENT-CPU]\n"), 2;
	child = fork();
	if (!child)
		agent(fd, other);
	line_pin(own);
	calibrate();
	counter = counter_ns();
	all_ready();
	ask = ask_ns();
	staged = staged_ns(&p99);
	rate = events_a_second();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	line = line_ns(other);
	shunt_off_counts(o, n);
	all = json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:f, s:i, s:s}",
			"ask_ns_p50", ask,
			"staged_ns_p50", staged - counter, "staged_ns_p99", p99 - counter,
			"events_per_s", rate, "lost", (json_int_t)shunt_off_missed(o), "taken",
			(json_int_t)n[SHUNT_OFF_TAKEN], "stale", (json_int_t)n[SHUNT_OFF_STALE],
			"missed", (json_int_t)missed, "counter_ns", counter, "line_ns", line,
			"rounds", ROUNDS, "policy", "mq");
	if (!all || json_dump_file(all, argv[1], JSON_INDENT(1) | JSON_REAL_PRECISION(4)))
		return fprintf(stderr, "offload: cannot write '%s'\n", argv[1]), 1;
	printf("asked for %.0f ns, staged %.1f ns (p99 %.0f), a line from CPU to CPU %.0f ns; "
	       "%.1f M events a second, %llu lost\n",
	       ask, staged - counter, p99 - counter, line, rate / 1e6,
	       (unsigned long long)shunt_off_missed(o));
	return 0;
}
