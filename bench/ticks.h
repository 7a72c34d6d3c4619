/* SPDX-License-Identifier: BSD-2-Clause */
/* ticks.h - a counter that runs evenly, read in order with what is timed */
#pragma once

#include <stdint.h>

static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
	uint32_t lo, hi;

	asm volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
#elif defined(__aarch64__)
	uint64_t t;

	asm volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(t) : : "memory");
	return t;
#endif
}
