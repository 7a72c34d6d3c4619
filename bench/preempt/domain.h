/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domain.h - a core of the worker library on rings in plain memory, and its requests
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hostlib/internal.h"

enum { LONG, PROBE }; /* classes: of the request that computes, and of those that wait */

extern struct shunt s;
extern int core_cpu;
extern bool safepoints; /* in the work of LONG */
extern bool endless;    /* LONG runs until stop_long, with a safepoint each 10 ns; else for 1 ms */
extern _Atomic bool stop_long;
extern _Atomic uint64_t probe_at;           /* when a probe came to run */
extern _Atomic uint64_t began_at, ended_at; /* the first LONG since began_at was 0,
					     * and the last one that has ended */
extern double wide_ns;                      /* what wide work took, just before began_at */
void make_domain(void);
struct shunt_mark_for hold(int cls); /* what the mark says of it */
uint64_t ended(int cls);
void start_core(void);
void stop_core(void);
