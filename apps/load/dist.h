/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dist.h - random numbers that a seed repeats, and the distributions drawn from them
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "why.h"

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
double rng_uniform(struct rng *r); /* 0 <= x < 1 */
double rng_exp(struct rng *r, double mean);

enum dist_kind {
	DIST_NONE, /* not known: slowdown can't be said */
	DIST_FIXED,
	DIST_EXP,
	DIST_LOGNORMAL,
	DIST_SAMPLES, /* one of those in a file, each as likely */
};

struct dist {
	enum dist_kind kind;
	double mean_ns;
	double sigma; /* lognormal: of the logarithm */
	double *sample;
	size_t samples;
};

/*
 * TIME, fixed:TIME, exp:MEAN, lognormal:MEAN:SIGMA or file:PATH (times in us, one a line; lines
 * that begin with # are skipped). 0, or -EINVAL and what is wrong in why.
 */
int dist_parse(struct dist *d, const char *text, struct why *why);
void dist_free(struct dist *d);
uint32_t dist_draw(const struct dist *d, struct rng *r); /* ns */

/* "1.5us" and the like (ns, us, ms, s) in ns; negative if it is no time. */
double parse_ns(const char *text);

/* Ranks 0 … n-1, rank k as likely as 1/(k+1)^theta. */
struct zipf {
	double *upto; /* cumulated */
	size_t n;
};

int zipf_init(struct zipf *z, size_t n, double theta);
void zipf_free(struct zipf *z);
size_t zipf_draw(const struct zipf *z, struct rng *r);
