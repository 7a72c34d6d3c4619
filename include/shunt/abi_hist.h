/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_hist.h - latencies of the requests of a class that a core ended: how many took how long
 *
 * Log-linear: SHUNT_HIST_STEPS buckets an octave. A bucket is at most a sixteenth of its lower end
 * wide, so a time that is read from it is wrong by 6.25 % at most; below 16 ns it is exact.
 *
 * The map is there and its bytes are fixed, but nothing counts in it yet. Core i of the worker
 * will, by one store a histogram when a request ends, and shunt stats will read it.
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_HIST_BITS 4
#define SHUNT_HIST_STEPS (1 << SHUNT_HIST_BITS)
#define SHUNT_HIST_BUCKETS 512
#define SHUNT_HIST_TOP 35 /* 2^35 ns are 34 s: these and more are in the last bucket */

enum shunt_hist_of {
	SHUNT_HIST_WAIT,    /* arrival to start */
	SHUNT_HIST_SERVICE, /* time on cores */
	SHUNT_HIST_SOJOURN, /* arrival to end */
	SHUNT_HISTS,
};

/* Counts wrap: take differences. */
struct shunt_hist {
	__u32 count[SHUNT_HIST_BUCKETS];
};

/* Of a core. Pinned as "hist0" …, one map a domain, one value a core. Written by core i. */
struct shunt_core_hist {
	struct shunt_hist of[SHUNT_CLASSES][SHUNT_HISTS];
};
SHUNT_ASSERT(sizeof(struct shunt_core_hist) == 24 * 4096, "histograms: whole pages");

static inline __attribute__((always_inline)) __u32 shunt_hist_bucket(__u64 ns)
{
	__u32 octave;

	if (ns < SHUNT_HIST_STEPS)
		return ns;
	if (ns >> SHUNT_HIST_TOP)
		return SHUNT_HIST_BUCKETS - 1;
	octave = 63 - SHUNT_HIST_BITS - __builtin_clzll(ns);
	return octave * SHUNT_HIST_STEPS + (ns >> octave);
}

/* The least time that falls into the bucket. */
static inline __attribute__((always_inline)) __u64 shunt_hist_floor(__u32 bucket)
{
	__u32 octave = bucket / SHUNT_HIST_STEPS;

	if (!octave)
		return bucket;
	return (__u64)(bucket % SHUNT_HIST_STEPS + SHUNT_HIST_STEPS) << (octave - 1);
}
