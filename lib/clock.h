/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - the clock of every time in the maps, which
 * BPF's bpf_ktime_get_ns() reads, too: monotonic, in ns
 */
#pragma once

#include <linux/types.h>
#include <time.h>

static inline __u64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The time so long ago; 0, before all others, while the machine has not run that long. */
static inline __u64 clock_ago(__u64 ns)
{
	__u64 now = clock_ns();

	return now > ns ? now - ns : 0;
}
