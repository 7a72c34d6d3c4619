/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h - log-linear histogram: 128 steps an octave
 */
#pragma once

#include <stdint.h>

#define HIST_SUB 7
#define HIST_OCTAVES 36
#define HIST_BUCKETS ((HIST_OCTAVES + 1) << HIST_SUB)

struct hist {
	uint64_t n;
	uint64_t max;
	uint32_t count[HIST_BUCKETS];
};

static inline unsigned int hist_bucket(uint64_t x)
{
	int octave;
	unsigned int b;

	if (x < 1 << HIST_SUB)
		return x;
	octave = 63 - __builtin_clzll(x) - HIST_SUB;
	b = ((octave + 1) << HIST_SUB) + (unsigned int)((x >> octave) - (1 << HIST_SUB));
	return b < HIST_BUCKETS ? b : HIST_BUCKETS - 1;
}

static inline void hist_add(struct hist *h, uint64_t x)
{
	h->n++;
	if (x > h->max)
		h->max = x;
	h->count[hist_bucket(x)]++;
}

/* Where a bucket begins. */
static inline double hist_edge(unsigned int b)
{
	int octave = (int)(b >> HIST_SUB) - 1;

	if (octave < 0)
		return b;
	return (double)((b & ((1 << HIST_SUB) - 1)) + (1 << HIST_SUB)) * (1ULL << octave);
}

struct hist_place {
	unsigned int bucket;
	double below; /* values below the bucket */
};

static inline struct hist_place hist_find(const struct hist *h, double want)
{
	struct hist_place p = { 0 };

	while (p.bucket < HIST_BUCKETS - 1 && p.below + h->count[p.bucket] <= want)
		p.below += h->count[p.bucket++];
	return p;
}

/* Values are taken to lie evenly in their bucket. */
static inline double hist_quantile(const struct hist *h, double q)
{
	double want = q * h->n, low, x;
	struct hist_place p = hist_find(h, want);

	if (!h->n || !h->count[p.bucket])
		return h->max;
	low = hist_edge(p.bucket);
	x = low + (hist_edge(p.bucket + 1) - low) * (want - p.below) / h->count[p.bucket];
	return x < h->max ? x : h->max;
}

/* By how much that may be wrong because many values are equal, and do not lie evenly. */
static inline double hist_blur(const struct hist *h, double q)
{
	struct hist_place p = hist_find(h, q * h->n);

	return h->count[p.bucket] > h->n / 20 ? hist_edge(p.bucket + 1) - hist_edge(p.bucket) : 0;
}

static inline void hist_merge(struct hist *to, const struct hist *from)
{
	to->n += from->n;
	if (from->max > to->max)
		to->max = from->max;
	for (unsigned int b = 0; b < HIST_BUCKETS; b++)
		to->count[b] += from->count[b];
}

static inline void hist_clear(struct hist *h)
{
	__builtin_memset(h, 0, sizeof(*h));
}
