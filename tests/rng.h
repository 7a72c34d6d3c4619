/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.h - a deterministic stream of numbers (splitmix64): equal seeds, equal tests
 */
#pragma once

#include <linux/types.h>

struct rng {
	__u64 state; /* at first the seed */
};

static inline __u64 rng_next(struct rng *r)
{
	__u64 z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0 … n - 1; n is not 0. */
static inline __u64 rng_below(struct rng *r, __u64 n)
{
	return rng_next(r) % n;
}
