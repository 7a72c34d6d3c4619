/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h - log-linear histogram of nanoseconds: 64 buckets an octave, so at most 1.6 % off
 */
#pragma once

#include <stdint.h>

#define HIST_SUB 64
#define HIST_OCTAVES 35 /* up to 2^40 ns, 18 minutes */

struct hist {
	uint64_t n;
	uint64_t max;
	uint32_t count[HIST_OCTAVES * HIST_SUB];
};

static inline unsigned int hist_bucket(uint64_t ns)
{
	unsigned int shift, at;

	if (ns < HIST_SUB)
		return ns;
	shift = 57 - __builtin_clzll(ns); /* ns >> shift is in 64 … 127 */
	at = (shift + 1) * HIST_SUB + (ns >> shift) - HIST_SUB;
	return at < HIST_OCTAVES * HIST_SUB ? at : HIST_OCTAVES * HIST_SUB - 1;
}

/* The middle of a bucket. */
static inline uint64_t hist_value(unsigned int at)
{
	unsigned int shift;

	if (at < HIST_SUB)
		return at;
	shift = at / HIST_SUB - 1;
	return ((uint64_t)(at % HIST_SUB + HIST_SUB) << shift) + (1ULL << shift) / 2;
}

static inline void hist_add(struct hist *h, uint64_t ns)
{
	h->count[hist_bucket(ns)]++;
	h->n++;
	if (ns > h->max)
		h->max = ns;
}

/* The value that a share q (0 … 1) of all is not above; 0 if there is none. */
static inline uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t rank = q * h->n, seen = 0;

	if (rank >= h->n)
		return h->max;
	for (unsigned int i = 0; i < HIST_OCTAVES * HIST_SUB; i++) {
		seen += h->count[i];
		if (seen > rank)
			return hist_value(i) < h->max ? hist_value(i) : h->max;
	}
	return h->max;
}

/* How many are above, to a bucket. */
static inline uint64_t hist_above(const struct hist *h, uint64_t ns)
{
	uint64_t n = 0;

	for (unsigned int i = hist_bucket(ns) + 1; i < HIST_OCTAVES * HIST_SUB; i++)
		n += h->count[i];
	return n;
}
