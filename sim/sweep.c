// SPDX-License-Identifier: BSD-2-Clause
/*
 * sweep.c - runs the points of a sweep on several threads, with a progress bar
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rates.h"
#include "series.h"
#include "sweep.h"

static volatile sig_atomic_t interrupted;

struct team {
	struct sweep *s;
	atomic_int next, ended;
};

static void on_interrupt(int sig)
{
	interrupted = 1;
}

struct point *sweep_add(struct sweep *s)
{
	struct point *more;

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		more = reallocarray(s->p, s->room, sizeof(*more));
		if (!more)
			return NULL;
		s->p = more;
	}
	memset(&s->p[s->n], 0, sizeof(s->p[0]));
	s->p[s->n].err = 1;
	s->p[s->n].c.quantum_us = -1;
	s->p[s->n].c.preempt = -1;
	return &s->p[s->n++];
}

double rate_of(const struct run_config *c, double load)
{
	const struct call_config *k = &c->calls;
	int parts = k->fanout ? k->fanout : 1, servers = k->servers ? k->servers : parts;

	double cores = c->policy->ideal
			       ? c->cores
			       : speed_of(&c->costs, c->cores - c->costs.reserved, c->domains);

	return load * cores / c->w->mean_ns * 1e9 * servers / parts;
}

/* All classes together, into the last place: what measure.c does not see. */
static void total(struct run_result *r)
{
	struct class_result *all = &r->cls[r->nclasses];

	for (int i = 0; i < r->nclasses; i++) {
		all->arrived += r->cls[i].arrived;
		all->dropped += r->cls[i].dropped;
		all->rejected += r->cls[i].rejected;
		all->lost += r->cls[i].lost;
		all->expired += r->cls[i].expired;
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* In the time that the run's requests take. */
static double mean_rate(const struct run_config *c)
{
	struct shape_place p;
	double constant_ns = c->requests / c->rate * 1e9;

	if (!c->shape)
		return c->rate;
	shape_begin(&p, c->shape);
	return c->requests / shape_when(&p, constant_ns) * 1e9;
}

int run_any(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	    struct why *why)
{
	double start = seconds();
	int res;

	memset(r, 0, sizeof(*r));
	r->nclasses = c->w->nclasses;
	r->cls = calloc(r->nclasses + 1, sizeof(*r->cls));
	if (!r->cls)
		return -ENOMEM;
	r->offered = c->calls.clients ? 0 : mean_rate(c) / rate_of(c, 1);
	r->overload = r->offered >= 1;
	r->closed = c->calls.clients;
	res = c->policy->ideal ? run_ideal(c, r, stop, why) :
	      calls_wanted(&c->calls) ? run_calls(c, r, stop, why) : run_sim(c, r, stop, why);
	r->wall_s = seconds() - start;
	r->complete = !res;
	if (res)
		run_free(r);
	else
		total(r);
	return res;
}

void run_free(struct run_result *r)
{
	free(r->cls);
	free(r->calls);
	if (r->series)
		free(r->series->at);
	free(r->series);
	free(r->staged);
	r->cls = NULL;
	r->calls = NULL;
	r->series = NULL;
	r->staged = NULL;
}

#define GROW_MOST 200000000ULL /* requests; a minute or so */

#define RARE 0.001            /* rarer misses are known well enough to a share
			       * of this, as none never are to one of 0 */

/* The widest interval of the metric, over its value; INFINITY: not known. */
static double imprecision(const struct point *p, const char *metric)
{
	bool miss = !strcmp(metric, "miss");
	double most = 0, x, half;

	for (int k = p->r.nclasses == 1; k <= p->r.nclasses; k++) {
		if (miss && k < p->r.nclasses && !(p->c.w->cls[k].slo_us > 0))
			continue;
		x = metric_of(p, metric, k);
		half = metric_half(p, metric, k);
		if (miss)
			x = fmax(x, RARE);
		if (isnan(half))
			return INFINITY;
		if (half > 0)
			most = fmax(most, half / x);
	}
	return most;
}

/* A class that was never met, or a load that is not
 * carried, will not be known better by going on. */
static bool may_grow(const struct point *p)
{
	bool met = true;

	for (int k = 0; k < p->r.nclasses; k++)
		met &= p->r.cls[k].done > 0;
	return p->c.w->arrivals != ARRIVE_TRACE && met && load_is_carried(&p->r);
}

/*
 * Each try is a run of its own, longer than the one before: so the result is that of one run of
 * that length. Two in a row must be precise: of many lengths one is by luck.
 */
static int run_point(const struct sweep *s, struct point *p)
{
	double off, times;
	int err, precise = 0;

	for (;;) {
		err = run_any(&p->c, &p->r, &interrupted, &p->why);
		if (!err && p->r.closed) { /* it decides itself how much arrives */
			p->c.rate = p->r.throughput;
			p->load = p->c.rate / rate_of(&p->c, 1);
		}
		if (err || !s->precision)
			return err;
		off = imprecision(p, s->metric);
		p->short_of = off > s->precision;
		precise = p->short_of ? 0 : precise + 1;
		if (precise == 2 || !may_grow(p) || p->c.requests >= GROW_MOST)
			return 0;
		times = 1.2 * (off / s->precision) * (off / s->precision);
		times = times < 2 ? 2 : times > 8 ? 8 : times;
		p->c.requests = p->c.requests * times < GROW_MOST ? p->c.requests * times
								  : GROW_MOST;
		run_free(&p->r);
	}
}

static void *work(void *arg)
{
	struct team *t = arg;
	struct point *p;
	int i;

	while (!interrupted && (i = atomic_fetch_add(&t->next, 1)) < t->s->n) {
		p = &t->s->p[i];
		if (p->err == 1)
			p->err = run_point(t->s, p);
		if (p->err == -ENOMEM)
			why_fail(&p->why, -ENOMEM, "no memory");
		atomic_fetch_add(&t->ended, 1);
	}
	return NULL;
}

static void show(const struct team *t, double start)
{
	int ended = atomic_load(&t->ended), n = t->s->n, width = 40, full = width * ended / n;
	double spent = seconds() - start;

	fprintf(stderr, "\r[%.*s%.*s] %d/%d", full, "########################################",
		width - full, "........................................", ended, n);
	if (ended && ended < n)
		fprintf(stderr, "  %.0f s to go ", spent / ended * (n - ended));
	else
		fprintf(stderr, "                ");
	fflush(stderr);
}

static void watch(struct team *t)
{
	struct timespec nap = { .tv_nsec = 100000000 };
	double start = seconds();

	while (!interrupted && atomic_load(&t->ended) < t->s->n) {
		nanosleep(&nap, NULL);
		if (seconds() - start > 0.5)
			show(t, start);
	}
	fprintf(stderr, "\r\033[K");
}

int sweep_run(struct sweep *s)
{
	struct sigaction act = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, old;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int jobs = s->jobs ? s->jobs : cpus > 0 ? cpus : 1, started = 0, bad = 0;
	struct team t = { .s = s };
	pthread_t *thread;

	if (jobs > s->n)
		jobs = s->n;
	thread = calloc(jobs ? jobs : 1, sizeof(*thread));
	if (!thread)
		return -ENOMEM;
	sigaction(SIGINT, &act, &old);
	for (; started < jobs; started++) {
		if (pthread_create(&thread[started], NULL, work, &t))
			break;
	}
	if (!started)
		work(&t);
	else if (!s->quiet && isatty(STDERR_FILENO))
		watch(&t);
	for (int i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	sigaction(SIGINT, &old, NULL);
	free(thread);
	for (int i = 0; i < s->n; i++) {
		if (s->p[i].err < 0 && s->p[i].err != -EINTR) {
			fprintf(stderr, "shunt-sim: %s\n", s->p[i].why.text);
			bad = 1;
		}
	}
	return interrupted ? -EINTR : -bad;
}

void sweep_free(struct sweep *s)
{
	for (int i = 0; i < s->n; i++) {
		run_free(&s->p[i].r);
		why_forget(&s->p[i].why);
	}
	free(s->p);
	s->p = NULL;
	s->n = s->room = 0;
}
