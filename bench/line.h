/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * line.h - how far apart two CPUs are: ns until a store on the one is seen on the other
 *
 * A hypervisor moves its virtual CPUs: they may share a cache now and be on different dies a second
 * later. A time that crosses CPUs is reported beside this number, measured at the same time.
 */
#pragma once

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#define LINE_TURNS 2000

struct line {
	_Alignas(64) _Atomic uint32_t there;
	_Alignas(64) _Atomic uint32_t back;
	int cpu;
};

static inline void line_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static inline void *line_answer(void *arg)
{
	struct line *l = arg;

	line_pin(l->cpu);
	for (uint32_t i = 1; i <= LINE_TURNS; i++) {
		while (atomic_load_explicit(&l->there, memory_order_relaxed) != i)
			;
		atomic_store_explicit(&l->back, i, memory_order_relaxed);
	}
	return NULL;
}

/* From the caller's CPU to that one, the mean of there and
 * back; the first turns wake the other side up. */
static inline double line_ns(int cpu)
{
	struct line l = { .cpu = cpu };
	struct timespec from = { 0 }, to;
	pthread_t thread;

	pthread_create(&thread, NULL, line_answer, &l);
	for (uint32_t i = 1; i <= LINE_TURNS; i++) {
		if (i == LINE_TURNS / 2)
			clock_gettime(CLOCK_MONOTONIC, &from);
		atomic_store_explicit(&l.there, i, memory_order_relaxed);
		while (atomic_load_explicit(&l.back, memory_order_relaxed) != i)
			;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	pthread_join(thread, NULL);
	return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) /
	       (LINE_TURNS / 2 + 1) / 2;
}
