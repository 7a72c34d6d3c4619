// SPDX-License-Identifier: BSD-2-Clause
/*
 * series.c - windows, as they are filled and put down
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series.h"
#include "source.h"

int series_begin(struct series_maker *m, struct run_result *r, double window_ns)
{
	int n = r->nclasses + 1;

	r->series = calloc(1, sizeof(*r->series));
	m->now = calloc(n, sizeof(*m->now));
	m->sojourn = calloc(n, sizeof(*m->sojourn));
	m->sum = calloc(n, sizeof(*m->sum));
	if (!r->series || !m->now || !m->sojourn || !m->sum)
		return -ENOMEM;
	m->s = r->series;
	m->s->classes = n;
	m->s->window_ns = m->s->last_ns = window_ns;
	m->window = ticks(window_ns);
	m->end = SIM_START + m->window;
	return 0;
}

void series_free(struct series_maker *m)
{
	free(m->now);
	free(m->sojourn);
	free(m->sum);
}

static void add_up(struct series_maker *m)
{
	int all = m->s->classes - 1;

	hist_clear(&m->sojourn[all]);
	m->now[all] = (struct window){ 0 };
	m->sum[all] = 0;
	for (int c = 0; c < all; c++) {
		for (int i = 0; i < WINDOW_COUNTS; i++)
			m->now[all].n[i] += m->now[c].n[i];
		m->now[all].backlog += m->now[c].backlog;
		hist_merge(&m->sojourn[all], &m->sojourn[c]);
		m->sum[all] += m->sum[c];
	}
}

static struct window *more(struct series_maker *m)
{
	struct series *s = m->s;

	if (s->n == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		s->at = reallocarray(s->at, m->room, s->classes * sizeof(*s->at));
		if (!s->at) {
			fprintf(stderr, "shunt-sim: no memory\n");
			exit(1);
		}
	}
	return &s->at[s->n++ * s->classes];
}

static void put_down(struct series_maker *m)
{
	struct window *to = more(m);

	add_up(m);
	for (int c = 0; c < m->s->classes; c++) {
		const struct hist *h = &m->sojourn[c];

		to[c] = m->now[c];
		to[c].mean_ns = h->n ? m->sum[c] / h->n : NAN;
		to[c].p50_ns = h->n ? hist_quantile(h, 0.5) : NAN;
		to[c].p99_ns = h->n ? hist_quantile(h, 0.99) : NAN;
		memset(m->now[c].n, 0, sizeof(m->now[c].n));
		hist_clear(&m->sojourn[c]);
		m->sum[c] = 0;
	}
}

void series_until(struct series_maker *m, tick now)
{
	for (; m->s && now >= m->end; m->end += m->window)
		put_down(m);
}

void series_end(struct series_maker *m, tick now)
{
	tick part;

	if (!m->s)
		return;
	series_until(m, now);
	part = now - (m->end - m->window);
	if (part >= m->window / 2) {
		put_down(m);
		m->s->last_ns = (double)part / TICKS_NS;
	}
	m->s = NULL;
	m->end = NEVER;
}
