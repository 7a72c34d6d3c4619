/* SPDX-License-Identifier: BSD-2-Clause */
/* preempt.h - the parts of bench/preempt to each other */
#pragma once

#include <stdatomic.h>

#include <jansson.h>

#include "hostlib/internal.h"

#include "bench/ticks.h"

enum { LONG, PROBE }; /* classes: of the request that computes, and of those that wait */

/* main.c */
extern double ns_per_tick, ticks_ns; /* and what ticks() itself takes: it
				      * is in what is measured with it */
double quantile(double *x, int n, double q);

/* domain.c: a core on rings in plain memory; its requests */
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

/* yield.c */
#define YIELD_GROUPS 40 /* of samples, at most */
json_t *bench_yield(const char *name, bool by_signal, int groups);

/* loss.c: into "loss", a quantum each; spreads as the result */
#define LOSS_ROUNDS 201
json_t *bench_loss(json_t *loss, int rounds);
