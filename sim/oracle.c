// SPDX-License-Identifier: BSD-2-Clause
/*
 * oracle.c - objectives kept by knowing all service times: the earliest deadline first, at no cost,
 * and a request is refused at once if it would be late, or make one late that was let in
 *
 * Requests without an objective are all let in, and come last, in order of arrival.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ideal.h"

#define NEAR 0.01 /* ns that sums of times may be wrong by */

struct oracle {
	struct ideal_run *x;
	struct job *job;  /* let in, by deadline: those of the first cores run. key: the deadline */
	double *left;     /* of their services */
	int n;
	struct job last[SIM_CORES]; /* run without an objective, by arrival */
	int nlast;
	double free_at[SIM_CORES];
};

/* When the earliest of what runs ends. */
static double next_end(const struct oracle *o)
{
	double end = INFINITY;

	for (int i = 0; i < o->n && i < o->x->cores; i++)
		end = fmin(end, o->left[i]);
	for (int i = 0; i < o->nlast; i++)
		end = fmin(end, o->last[i].left);
	return o->x->now + end;
}

static void go_on(struct oracle *o, double to)
{
	double ran = to - o->x->now;

	for (int i = 0; i < o->n && i < o->x->cores; i++)
		o->left[i] -= ran;
	for (int i = 0; i < o->nlast; i++)
		o->last[i].left -= ran;
	o->x->now = to;
}

static int place_of(const struct oracle *o, double deadline)
{
	int low = 0, high = o->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (o->job[middle].key <= deadline)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct oracle *o, int at, const struct job *j)
{
	memmove(&o->job[at + 1], &o->job[at], (o->n - at) * sizeof(*o->job));
	memmove(&o->left[at + 1], &o->left[at], (o->n - at) * sizeof(*o->left));
	o->job[at] = *j;
	o->left[at] = j->service;
	o->n++;
}

static void take_out(struct oracle *o, int at)
{
	o->n--;
	memmove(&o->job[at], &o->job[at + 1], (o->n - at) * sizeof(*o->job));
	memmove(&o->left[at], &o->left[at + 1], (o->n - at) * sizeof(*o->left));
}

/* Would all be in time, if nothing more came? */
static bool feasible(struct oracle *o)
{
	int cores = o->x->cores, first;

	for (int i = 0; i < cores; i++)
		o->free_at[i] = o->x->now;
	for (int i = 0; i < o->n; i++) {
		first = 0;
		for (int k = 1; k < cores; k++) {
			if (o->free_at[k] < o->free_at[first])
				first = k;
		}
		o->free_at[first] += o->left[i];
		if (o->free_at[first] > o->job[i].key + NEAR)
			return false;
	}
	return true;
}

/* Cores that run nothing with an objective run the oldest without one. */
static int fill(struct oracle *o)
{
	int room = o->n < o->x->cores ? o->x->cores - o->n : 0;
	struct job j;

	while (o->nlast > room) {
		j = o->last[--o->nlast];
		j.key = j.n;
		if (heap_push(&o->x->wait, &j))
			return -ENOBUFS;
	}
	while (o->nlast < room && o->x->wait.n) {
		j = heap_take(&o->x->wait, 1);
		o->last[o->nlast++] = j;
	}
	return 0;
}

static int let_in(struct oracle *o, struct job *j)
{
	struct ideal_run *x = o->x;
	double slo_us = x->c->w->cls[j->cls].slo_us;
	int at;

	if (!(slo_us > 0)) {
		j->key = j->n;
		j->left = j->service;
		return heap_push(&x->wait, j) ? -ENOBUFS : 0;
	}
	if (o->n == JOBS)
		return -ENOBUFS;
	j->key = j->arrival + slo_us * 1e3;
	at = place_of(o, j->key);
	insert(o, at, j);
	if (feasible(o))
		return 0;
	take_out(o, at);
	if (j->n >= x->warm)
		x->r->cls[j->cls].rejected++;
	return 0;
}

/* Ends what has nothing left. */
static void end_all(struct oracle *o)
{
	for (int i = 0; i < o->n && i < o->x->cores;) {
		if (o->left[i] > NEAR) {
			i++;
			continue;
		}
		ideal_leave(o->x, &o->job[i], o->x->now);
		take_out(o, i);
	}
	for (int i = 0; i < o->nlast;) {
		if (o->last[i].left > NEAR) {
			i++;
			continue;
		}
		ideal_leave(o->x, &o->last[i], o->x->now);
		memmove(&o->last[i], &o->last[i + 1], (--o->nlast - i) * sizeof(*o->last));
	}
}

static int run(struct oracle *o, volatile sig_atomic_t *stop, struct why *why)
{
	struct ideal_run *x = o->x;
	double at, end;
	struct job j;

	while (x->more || o->n || o->nlast) {
		at = ideal_due(x);
		end = next_end(o);
		go_on(o, fmin(at, end));
		if (at < end) {
			if (ideal_arrive(x, &j, why))
				return -EINVAL;
			if (let_in(o, &j))
				return -ENOBUFS;
		} else {
			end_all(o);
		}
		if (fill(o))
			return -ENOBUFS;
		if (ideal_stopped(x, stop))
			return -EINTR;
	}
	return 0;
}

int run_oracle(struct ideal_run *x, volatile sig_atomic_t *stop, struct why *why)
{
	struct oracle *o = calloc(1, sizeof(*o));
	int res = -ENOMEM;

	if (!o)
		return res;
	o->x = x;
	o->job = malloc((JOBS + 1) * sizeof(*o->job));
	o->left = malloc((JOBS + 1) * sizeof(*o->left));
	if (o->job && o->left)
		res = run(o, stop, why);
	free(o->job);
	free(o->left);
	free(o);
	return res;
}
