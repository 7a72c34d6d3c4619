// SPDX-License-Identifier: BSD-2-Clause
/* yield.c - from mark, or signal, to yield */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "domain.h"
#include "measure.h"
#include "yield.h"

#include "bench/line.h"

#define GROUP 50  /* samples */
#define NEAR_NS 100

static _Atomic uint64_t left_at; /* when a request had left its stack */

bool __real_park_put(struct core *c, int next);
bool __wrap_park_put(struct core *c, int next);

bool __wrap_park_put(struct core *c, int next)
{
	if (endless)
		atomic_store_explicit(&left_at, ticks(), memory_order_relaxed);
	return __real_park_put(c, next);
}

/* As XDP and the agent do. */
static uint64_t order_to_yield(struct shunt_core *line, uint64_t id, struct shunt_mark_for held,
			       bool by_signal)
{
	struct shunt_mark *m = &line->mark.by[SHUNT_MARK_XDP];
	uint64_t at;

	poke(m->id, 0);
	__atomic_store_n(&m->deadline_ns, peek(line->run.start_ns) + 1, __ATOMIC_RELEASE);
	line->mark.held = held;
	__atomic_store_n(&m->id, id, __ATOMIC_RELEASE);
	at = ticks();
	__atomic_store_n(&line->mark.look, 1, __ATOMIC_SEQ_CST);
	if (by_signal)
		syscall(SYS_tgkill, getpid(), peek(line->run.tid), SHUNT_SIGNAL);
	return at;
}

/* One request runs until it is told to end; a probe waits; the mark comes at no particular time. */
static double sample(bool by_signal)
{
	struct shunt_core *line = &s.view->core[0];
	uint64_t id, at, left, done = ended(LONG);

	atomic_store(&stop_long, false);
	atomic_store(&probe_at, 0);
	hold(LONG);
	while (!(id = peek(line->run.id)) || peek(line->run.state) != SHUNT_CORE_BUSY)
		;
	for (at = ticks() + 20000 + rand() % 20000; ticks() < at;)
		;
	at = order_to_yield(line, id, hold(PROBE), by_signal);
	while (!atomic_load(&probe_at))
		;
	left = atomic_load(&left_at);
	atomic_store(&stop_long, true);
	while (ended(LONG) == done)
		;
	return (left - at) * ns_per_tick - ticks_ns;
}

json_t *bench_yield(const char *name, bool by_signal, int groups)
{
	double ns[YIELD_GROUPS * GROUP], near[YIELD_GROUPS * GROUP], line[YIELD_GROUPS];
	int n = 0, nnear = 0;
	json_t *out;

	s.view->preempt = 1;
	s.view->quantum_us[LONG] = 1000000; /* so that only the mark's deadline counts */
	safepoints = !by_signal;
	endless = true;
	for (int g = 0; g < groups; g++) {
		line[g] = line_ns(core_cpu);
		start_core();
		for (int i = 0; i < GROUP; i++) {
			ns[n] = sample(by_signal);
			if (line[g] < NEAR_NS)
				near[nnear++] = ns[n];
			n++;
		}
		stop_core();
	}
	endless = false;
	out = json_pack("{s:f, s:f, s:i, s:f, s:f, s:i}", "p50", quantile(ns, n, 0.5), "p99",
			quantile(ns, n, 0.99), "samples", n, "line_ns_p50",
			quantile(line, groups, 0.5), "counter_ns", ticks_ns, "near_samples", nnear);
	printf("%s to yield: p50 %.0f ns, p99 %.0f ns; a cache line takes %.0f ns (%.0f to %.0f)\n",
	       name, quantile(ns, n, 0.5), quantile(ns, n, 0.99), quantile(line, groups, 0.5),
	       line[0], line[groups - 1]);
	if (!nnear)
		return out;
	json_object_set_new(out, "near_p50", json_real(quantile(near, nnear, 0.5)));
	printf("  of these %d of %d with both CPUs at one cache: p50 %.0f ns, p99 %.0f ns\n", nnear,
	       n, quantile(near, nnear, 0.5), quantile(near, nnear, 0.99));
	return out;
}
