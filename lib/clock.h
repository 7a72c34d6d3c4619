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
