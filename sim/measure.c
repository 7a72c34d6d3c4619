// SPDX-License-Identifier: BSD-2-Clause
/*
 * measure.c - batches of ended requests, and what follows from them
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define BEYOND 20 /* requests that a batch must have beyond a quantile */

/* In the order of enum quantity; share: of the requests below it, 0 for a mean. */
static const struct {
	double share;
	bool slow;
	int sum;
} quantities[QUANTITIES] = {
	[P50] = { .share = 0.5 }, [P90] = { .share = 0.9 }, [P99] = { .share = 0.99 }, [P999] = { .share = 0.999 },
	[MEAN] = { .sum = SUM_SOJOURN }, [WAIT] = { .sum = SUM_WAIT },
	[SLOW_MEAN] = { .slow = true, .sum = SUM_SLOW }, [MISS] = { .sum = SUM_MISS },
	[SLOW_P50] = { .share = 0.5, .slow = true }, [SLOW_P99] = { .share = 0.99, .slow = true },
	[SLOW_P999] = { .share = 0.999, .slow = true },
};

int measure_begin(struct measure *m, struct run_result *r, const struct workload *w, uint64_t requests)
{
	uint64_t warm = requests / 10;

	m->r = r;
	for (int c = 0; c < r->nclasses; c++) {
		m->slo_ns[c] = w->cls[c].slo_us > 0 ? w->cls[c].slo_us * 1e3 : INFINITY;
		m->slo |= w->cls[c].slo_us > 0;
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
	const struct hist *h = quantities[q].slow ? &b->slow[level] : &b->sojourn[level];

	if (!h->n)
		return NAN;
	if (!quantities[q].share)
		return b->sum[level][quantities[q].sum] / h->n;
	if (h->n * (1 - quantities[q].share) < BEYOND)
		return NAN;
	return hist_quantile(h, quantities[q].share);
}

/* What one level has gathered becomes a batch of its own, and a part of one of the next level's. */
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

/* Student's t for a 95 % interval (Cornish and Fisher's expansion; 7 degrees of freedom and more). */
static double student(int df)
{
	const double z = 1.959964;

	return z + (pow(z, 3) + z) / (4 * df) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96.0 * df * df);
}

/*
 * What batches that depend on each other say less: the factor for a first-order autoregression with the correlation of
 * each with the next. Small ones are chance.
 */
static double dependence(const double *value, int n, double mean)
{
	double sq = 0, lag = 0, r;

	for (int i = 0; i < n; i++) {
		sq += (value[i] - mean) * (value[i] - mean);
		lag += i ? (value[i] - mean) * (value[i - 1] - mean) : 0;
	}
	r = sq > 0 ? lag / sq : 0;
	r = r < 0.15 ? 0 : r > 0.9 ? 0.9 : r;
	return sqrt((1 + r) / (1 - r));
}

static double half_width(const struct batched *b, int level, int q, double value)
{
	double sq = 0, sum = 0, x;
	int n = b->n[level];

	if (n < BATCHES_LEAST)
		return NAN;
	for (int i = 0; i < n; i++) {
		x = b->value[level][q][i] - value;
		sq += x * x;
		sum += b->value[level][q][i];
	}
	/* NAN if a batch has no value */
	return student(n - 1) * sqrt(sq / (n - 1) / n) * dependence(b->value[level][q], n, sum / n);
}

double quantity_of(const struct class_result *c, enum quantity q)
{
	static const size_t mean[QUANTITIES] = {
		[MEAN] = offsetof(struct class_result, sojourn_ns),
		[WAIT] = offsetof(struct class_result, wait_ns),
		[SLOW_MEAN] = offsetof(struct class_result, slowdown),
		[MISS] = offsetof(struct class_result, miss),
	};

	if (!c->done)
		return NAN;
	if (quantities[q].share)
		return quantities[q].slow ? hist_quantile(&c->slow, quantities[q].share) / 64 :
					    hist_quantile(&c->sojourn, quantities[q].share);
	return *(const double *)((const char *)c + mean[q]);
}

static double blur(const struct class_result *c, int q)
{
	if (!quantities[q].share)
		return 0;
	return hist_blur(quantities[q].slow ? &c->slow : &c->sojourn, quantities[q].share);
}

static void how_sure(struct class_result *c, const struct batched *b, bool carried)
{
	double scale, half;
	int known;

	for (int q = 0; q < QUANTITIES; q++) {
		scale = quantities[q].slow && quantities[q].share ? 64 : 1;
		c->half[q] = NAN;
		known = 0;
		/* The wider one of two sizes: batches that are too short depend on each other. */
		for (int level = 0; carried && level < LEVELS && known < 2; level++) {
			half = (half_width(b, level, q, quantity_of(c, q) * scale) + blur(c, q)) / scale;
			c->half[q] = fmax(c->half[q], half); /* NAN is no number to it */
			known += !isnan(half);
		}
		/* None of n is less than 3/n, 19 times of 20. */
		if (q == MISS && !isnan(c->half[q]))
			c->half[q] = fmax(c->half[q], 3.0 / c->done);
	}
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
			c->slowdown /= c->done;
			c->miss /= c->done;
		}
		if (k < m->r->nclasses ? isinf(m->slo_ns[k]) : !m->slo)
			c->miss = NAN;
	}
	for (int k = 0; k <= m->r->nclasses; k++)
		how_sure(&m->r->cls[k], &m->of[k], load_is_carried(m->r));
	m->r->mean_ci = m->r->cls[m->r->nclasses].half[MEAN];
}

/* Did the backlog grow from look to look, and more than by chance? */
bool load_is_carried(const struct run_result *r)
{
	uint64_t first = r->backlog[0], last = r->backlog[BACKLOG_LOOKS - 1], arrived = 0, done = 0;

	for (int k = 0; k < r->nclasses; k++) {
		arrived += r->cls[k].arrived;
		done += r->cls[k].done;
	}
	/* What is dropped bounds the backlog. */
	if (r->overload && done >= 0.999 * arrived)
		return false;
	for (int i = 1; i < BACKLOG_LOOKS && !r->closed; i++) {
		if (r->backlog[i] <= r->backlog[i - 1])
			return true;
	}
	return r->closed || last - first < 100 || last - first < arrived / 500;
}
