// SPDX-License-Identifier: BSD-2-Clause
/*
 * pool.c - quantiles of latencies from several windows, with bounds by a bootstrap over the windows
 *
 * Requests of one window share its queue, its stalls and the CPU's speed of that moment: they are
 * not independent. Windows nearly are. So whole windows are drawn, with replacement, as many as
 * there are, and the quantile of what was drawn is taken: the spread of DRAWS such quantiles is the
 * uncertainty of the one.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"

#define DRAWS 1000
#define BLOCK 256 /* values: a draw counts blocks, then the values of one */
#define FEWEST 5 /* windows: below this the draws are too much alike to be bounds */

int pool_add(struct pool *p, uint32_t latency, size_t window)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 4096;
		struct value *more = realloc(p->value, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->value = more;
		p->room = room;
	}
	p->value[p->n++] = (struct value){ latency, window };
	if (window >= p->windows)
		p->windows = window + 1;
	return 0;
}

static int by_latency(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return (x->latency > y->latency) - (x->latency < y->latency);
}

void pool_sort(struct pool *p)
{
	if (p->n)
		qsort(p->value, p->n, sizeof(*p->value), by_latency);
}

void pool_free(struct pool *p)
{
	free(p->value);
	*p = (struct pool){ 0 };
}

static double in_us(uint32_t latency)
{
	return latency == CLEAN_NO_REPLY ? INFINITY : latency / 1e3;
}

double pool_quantile(const struct pool *p, double q)
{
	size_t at = q * p->n;

	return p->n ? in_us(p->value[at < p->n ? at : p->n - 1].latency) : NAN;
}

/* splitmix64: the same windows have the same bounds, wherever they are computed. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/*
 * How many values of each window are below the first of each block of the sorted ones; the last
 * line: all of them.
 */
struct blocks {
	size_t windows, n;
	uint32_t *below;
};

static int count_blocks(const struct pool *p, struct blocks *b)
{
	*b = (struct blocks){ .windows = p->windows, .n = p->n / BLOCK + 1 };
	b->below = calloc((b->n + 1) * b->windows, sizeof(*b->below));
	if (!b->below)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i++) {
		uint32_t *line = &b->below[(i + 1) * b->windows];

		memcpy(line, line - b->windows, b->windows * sizeof(*line));
		for (size_t k = i * BLOCK; k < (i + 1) * BLOCK && k < p->n; k++)
			line[p->value[k].window]++;
	}
	return 0;
}

static uint64_t drawn_below(const struct blocks *b, size_t block, const uint32_t *times)
{
	uint64_t n = 0;

	for (size_t w = 0; w < b->windows; w++)
		n += (uint64_t)times[w] * b->below[block * b->windows + w];
	return n;
}

/* The quantile where window i was drawn times[i] times; NAN if those that were drawn are empty. */
static double drawn_quantile(const struct pool *p, const struct blocks *b, double q,
			     const uint32_t *times)
{
	uint64_t rank = q * drawn_below(b, b->n, times), seen;
	size_t low = 0, high = b->n;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (drawn_below(b, mid, times) <= rank)
			low = mid;
		else
			high = mid;
	}
	seen = drawn_below(b, low, times);
	for (size_t i = low * BLOCK; i < p->n; i++) {
		seen += times[p->value[i].window];
		if (seen > rank)
			return in_us(p->value[i].latency);
	}
	return NAN;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void draw_windows(const struct pool *p, uint64_t *state, uint32_t *times)
{
	for (size_t w = 0; w < p->windows; w++)
		times[w] = 0;
	for (size_t w = 0; w < p->windows; w++)
		times[draw(state) % p->windows]++;
}

/* Windows that have something in them. */
static size_t count_windows(const struct blocks *b)
{
	size_t some = 0;

	for (size_t w = 0; w < b->windows; w++)
		some += b->below[b->n * b->windows + w] > 0;
	return some;
}

/* Of draws, the share below the low bound: 2.5 % of many windows, less of few. A bootstrap of n
 * windows spreads by the root of (n - 1) / n too little, and as if their spread were known. */
static double tail_share(size_t n)
{
	double z = 1.959964, nu = n - 1, z3 = z * z * z, z5 = z3 * z * z;
	double t = z + (z3 + z) / (4 * nu) + (5 * z5 + 16 * z3 + 3 * z) / (96 * nu * nu);

	return erfc(t * sqrt(n / nu) / sqrt(2)) / 2;
}

static void bounds(const struct pool *p, const struct blocks *b, double q, struct estimate *e)
{
	uint32_t *times = calloc(p->windows, sizeof(*times));
	double all[DRAWS], share = tail_share(count_windows(b));
	uint64_t state = 1;
	size_t n = 0;

	for (int i = 0; times && i < DRAWS; i++) {
		draw_windows(p, &state, times);
		all[n] = drawn_quantile(p, b, q, times);
		n += !isnan(all[n]);
	}
	free(times);
	if (!n)
		return;
	qsort(all, n, sizeof(*all), by_size);
	e->low = all[(size_t)(share * n)];
	e->high = all[n - 1 - (size_t)(share * n)];
}

struct estimate pool_estimate(const struct pool *p, double q)
{
	struct estimate e = { pool_quantile(p, q), NAN, NAN };
	struct blocks b = { 0 };

	if (p->n && !count_blocks(p, &b) && count_windows(&b) >= FEWEST)
		bounds(p, &b, q, &e);
	free(b.below);
	return e;
}
