// SPDX-License-Identifier: BSD-2-Clause
/*
 * ideal.c - what no machine does, for reference: processor
 * sharing, SRPT, FCFS from one queue, at no cost
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "ideal.h"

/* Each of n jobs gets min(1, cores / n) of a core.
 * "Attained" is the service that each got so far. */
static int run_ps(struct ideal_run *x, volatile sig_atomic_t *stop, struct why *why)
{
	double attained = 0, rate, end, at;
	struct job j;

	while (x->more || x->run.n) {
		rate = x->run.n > x->cores ? (double)x->cores / x->run.n : 1;
		end = x->run.n ? x->now + (x->run.job[1].key - attained) / rate : INFINITY;
		at = ideal_due(x);
		if (at < end) {
			attained += (at - x->now) * rate;
			x->now = at;
			if (ideal_arrive(x, &j, why))
				return -EINVAL;
			if (!x->run.n)
				attained = 0; /* else it would lose precision */
			j.key = attained + j.service;
			if (heap_push(&x->run, &j))
				return -ENOBUFS;
		} else {
			j = heap_take(&x->run, 1);
			attained = j.key;
			x->now = end;
			ideal_leave(x, &j, end);
		}
		if (ideal_stopped(x, stop))
			return -EINTR;
	}
	return 0;
}

/*
 * The cores run the jobs with the least left. run: ordered by their ends; the one that is preempted
 * is that with the latest end, found by looking at all (there are few cores).
 */
static int run_srpt(struct ideal_run *x, volatile sig_atomic_t *stop, struct why *why)
{
	struct job j, out;
	double at;
	int last;

	while (x->more || x->run.n) {
		at = ideal_due(x);
		if (!x->run.n || at < x->run.job[1].key) {
			x->now = at;
			if (ideal_arrive(x, &j, why))
				return -EINVAL;
			j.key = x->now + j.service;
			if (x->run.n == x->cores) {
				last = x->run.n / 2 + 1; /* the greatest key is a leaf */
				for (int i = last + 1; i <= x->run.n; i++) {
					if (x->run.job[i].key > x->run.job[last].key)
						last = i;
				}
				out = j;
				if (x->run.job[last].key > j.key) {
					out = heap_take(&x->run, last);
					heap_push(&x->run, &j);
				}
				out.key -= x->now;
				if (heap_push(&x->wait, &out))
					return -ENOBUFS;
			} else {
				heap_push(&x->run, &j);
			}
		} else {
			j = heap_take(&x->run, 1);
			x->now = j.key;
			ideal_leave(x, &j, x->now);
			if (x->wait.n) {
				j = heap_take(&x->wait, 1);
				j.key += x->now;
				heap_push(&x->run, &j);
			}
		}
		if (ideal_stopped(x, stop))
			return -EINTR;
	}
	return 0;
}

/* run: when each core is free again. */
static int run_cfcfs(struct ideal_run *x, volatile sig_atomic_t *stop, struct why *why)
{
	struct job j, core;

	while (x->more) {
		x->now = ideal_due(x);
		if (ideal_arrive(x, &j, why))
			return -EINVAL;
		core = (struct job){ 0 };
		if (x->run.n == x->cores)
			core = heap_take(&x->run, 1);
		x->queued = core.key > x->now ? (core.key - x->now) * x->cores / x->c->w->mean_ns
					      : 0;
		core.key = (core.key > x->now ? core.key : x->now) + j.service;
		heap_push(&x->run, &core);
		ideal_leave(x, &j, core.key);
		if (ideal_stopped(x, stop))
			return -EINTR;
	}
	return 0;
}

static void sum_up(struct ideal_run *x)
{
	struct run_result *r = x->r;
	double span = x->last - x->first;

	r->events = x->events;
	r->sim_s = (x->now - (double)SIM_START / TICKS_NS) / 1e9;
	r->throughput = span > 0 ? x->in_time / span * 1e9 : 0;
	r->busy = r->sim_s > 0 ? x->work / 1e9 / r->sim_s / x->cores : 0;
	measure_finish(&x->m);
}

int run_ideal(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	      struct why *why)
{
	struct ideal_run *x;
	int res = -ENOMEM;

	if (c->policy->ideal >= IDEAL_DRR)
		return run_actors(c, r, stop, why);
	x = calloc(1, sizeof(*x));

	if (!x)
		return res;
	x->c = c;
	x->r = r;
	x->cores = c->cores;
	x->warm = c->requests / 10;
	x->run.job = malloc((JOBS + 1) * sizeof(struct job));
	x->wait.job = malloc((JOBS + 1) * sizeof(struct job));
	if (x->run.job && x->wait.job && !measure_begin(&x->m, r, c)) {
		res = source_open(&x->src, c, why) || ideal_draw(x, why) ? -EINVAL
		      : c->policy->ideal == IDEAL_PS               ? run_ps(x, stop, why)
		      : c->policy->ideal == IDEAL_SRPT             ? run_srpt(x, stop, why)
		      : c->policy->ideal == IDEAL_ORACLE           ? run_oracle(x, stop, why)
								   : run_cfcfs(x, stop, why);
		source_close(&x->src);
	}
	if (res == -ENOBUFS)
		why_fail(why, -1, "more than %d requests at once: the load is above what the cores "
			 "can do", JOBS);
	if (!res)
		sum_up(x);
	measure_free(&x->m);
	free(x->run.job);
	free(x->wait.job);
	free(x);
	return res;
}
