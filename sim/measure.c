// SPDX-License-Identifier: BSD-2-Clause
/*
 * measure.c - batches of ended requests
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

int measure_begin(struct measure *m, struct run_result *r, const struct run_config *c)
{
	uint64_t requests = c->requests, warm = requests / 10;
	const struct workload *w = c->w;

	m->r = r;
	m->c = c;
	for (int k = 0; k < r->nclasses; k++) {
		m->slo_ns[k] = w->cls[k].slo_us > 0 ? w->cls[k].slo_us * 1e3 : INFINITY;
		m->slo |= w->cls[k].slo_us > 0;
	}
	m->size = (requests - warm) / BATCHES;
	if (!m->size)
		m->size = 1;
	m->step = (requests - warm - 1) / (BACKLOG_LOOKS - 1);
	m->next = warm;
	m->of = calloc(r->nclasses + 1, sizeof(*m->of));
	return m->of ? 0 : -ENOMEM;
}

void measure_free(struct measure *m)
{
	free(m->of);
	m->of = NULL;
}

void measure_backlog(struct measure *m, uint64_t in_flight)
{
	m->r->backlog[m->looks++] = in_flight;
	m->next = m->looks < BACKLOG_LOOKS ? m->next + m->step : UINT64_MAX;
}

static double of_batch(const struct batched *b, int level, int q)
{
	const struct hist *h = quantity_kinds[q].slow ? &b->slow[level] : &b->sojourn[level];

	if (!h->n)
		return NAN;
	if (!quantity_kinds[q].share)
		return b->sum[level][quantity_kinds[q].sum] / h->n;
	if (h->n * (1 - quantity_kinds[q].share) < BEYOND)
		return NAN;
	return hist_quantile(h, quantity_kinds[q].share);
}

/* Ends a level's batch; the next level's batch takes it in (move_up()). */
static void close_level(struct batched *b, int level)
{
	int n = b->n[level];

	if (n == BATCHES >> level)
		return; /* a remainder */
	for (int q = 0; q < QUANTITIES; q++)
		b->value[level][q][n] = of_batch(b, level, q);
	b->n[level]++;
}

static void move_up(struct batched *b, int level)
{
	hist_merge(&b->sojourn[level + 1], &b->sojourn[level]);
	hist_merge(&b->slow[level + 1], &b->slow[level]);
	for (int i = 0; i < SUMS; i++)
		b->sum[level + 1][i] += b->sum[level][i];
}

static void clear(struct batched *b, int level)
{
	hist_clear(&b->sojourn[level]);
	hist_clear(&b->slow[level]);
	memset(b->sum[level], 0, sizeof(b->sum[level]));
}

static void into_result(struct class_result *c, const struct batched *b)
{
	c->done += b->sojourn[0].n;
	c->sojourn_ns += b->sum[0][SUM_SOJOURN];
	c->wait_ns += b->sum[0][SUM_WAIT];
	c->slowdown += b->sum[0][SUM_SLOW];
	c->miss += b->sum[0][SUM_MISS];
	hist_merge(&c->sojourn, &b->sojourn[0]);
	hist_merge(&c->slow, &b->slow[0]);
}

static void close_class(struct measure *m, int k)
{
	struct batched *b = &m->of[k];

	into_result(&m->r->cls[k], b);
	for (int level = 0; level < LEVELS; level++) {
		/* A level's batch is whole when all that it is made of are. */
		if (level && b->n[0] % (1 << level))
			break;
		close_level(b, level);
		if (level + 1 < LEVELS)
			move_up(b, level);
		clear(b, level);
	}
}

static void gather(struct measure *m)
{
	struct batched *all = &m->of[m->r->nclasses];

	for (int k = 0; k < m->r->nclasses; k++) {
		hist_merge(&all->sojourn[0], &m->of[k].sojourn[0]);
		hist_merge(&all->slow[0], &m->of[k].slow[0]);
		for (int i = 0; i < SUMS; i++)
			all->sum[0][i] += m->of[k].sum[0][i];
	}
}

void measure_batch(struct measure *m)
{
	gather(m);
	for (int k = 0; k <= m->r->nclasses; k++)
		close_class(m, k);
	m->ended = 0;
}

void measure_finish(struct measure *m)
{
	gather(m);
	for (int k = 0; k <= m->r->nclasses; k++) {
		struct class_result *c = &m->r->cls[k];

		into_result(c, &m->of[k]);
		if (c->done) {
			c->wait_ns /= c->done;
			c->sojourn_ns /= c->done;
			c->slowdown = slowdown_is_infinite(m->c, k) ? NAN : c->slowdown / c->done;
			c->miss /= c->done;
		}
		if (k < m->r->nclasses ? isinf(m->slo_ns[k]) : !m->slo)
			c->miss = NAN;
	}
	for (int k = 0; k <= m->r->nclasses; k++)
		how_sure(m, k);
	m->r->mean_ci = m->r->cls[m->r->nclasses].half[MEAN];
}
