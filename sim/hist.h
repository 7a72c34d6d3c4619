/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h - log-linear histogram: 128 steps an octave, so a quantile is within 0.4 %
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

/* The middle of a bucket. */
static inline double hist_value(unsigned int b)
{
	int octave = (int)(b >> HIST_SUB) - 1;

	if (octave < 0)
		return b;
	return ((double)((b & ((1 << HIST_SUB) - 1)) + (1 << HIST_SUB)) + 0.5) * (1ULL << octave);
}

static inline double hist_quantile(const struct hist *h, double q)
{
	uint64_t want = q * h->n, seen = 0;

	if (!h->n)
		return 0;
	for (unsigned int b = 0; b < HIST_BUCKETS; b++) {
		seen += h->count[b];
		if (seen > want)
			return hist_value(b) < h->max ? hist_value(b) : h->max;
	}
	return h->max;
}

static inline void hist_merge(struct hist *to, const struct hist *from)
{
	to->n += from->n;
	if (from->max > to->max)
		to->max = from->max;
	for (unsigned int b = 0; b < HIST_BUCKETS; b++)
		to->count[b] += from->count[b];
}
