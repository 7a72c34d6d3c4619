/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - a policy of memory: what a scan says of a batch goes in, what is to be done with the
 * batch comes out
 *
 * A policy is one file, which shunt and shunt-sim are both linked with. It allocates nothing, keeps
 * its state in integers, and uses no floating point, so that it can run where there is none. It
 * knows neither addresses nor time: scans are its clock.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#define MEM_MOST_SCANS 64 /* "idle" counts no further */

/* Of one batch, at one scan. */
struct mem_view {
	__u32 rss_kib, used_kib, swap_kib;
	__u16 idle;     /* scans, one after the other, that found it unused */
	bool was_cold;  /* at the last scan: "used" and "idle" are of the time since then */
	bool came_back; /* from swap, some of it, since the last scan */
};

/* A policy's memory of a batch: zero for a new one. */
struct mem_own {
	__u8 b[24];
} __attribute__((aligned(8)));

/* ... and of the process. */
struct mem_all {
	__u64 w[24];
};

/* What is to be done with the batch, until the next scan. */
enum {
	MEM_GOES = 1, /* to swap */
	MEM_COOL = 2, /* made cold now, so that the next scan tells whether it was used since */
};

struct mem_policy {
	const char *name;
	unsigned int scans; /* as begin() takes it, if nobody says otherwise */
	/* Once a process. scans: 1 to MEM_MOST_SCANS, how careful to be: it is the policy's own
	 * what that means. */
	void (*begin)(struct mem_all *all, unsigned int scans, __u64 seed);
	/* Each batch at each scan, in the order of addresses: MEM_ bits. */
	unsigned int (*batch)(struct mem_all *all, struct mem_own *own, const struct mem_view *v);
};

extern const struct mem_policy mem_threshold, mem_sol;

/* By its name; NULL: there is none. */
const struct mem_policy *mem_policy_find(const char *name);
/* The number'th policy's name, from 0; NULL: there are no more. */
const char *mem_policy_name(unsigned int number);
