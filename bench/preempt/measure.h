/* SPDX-License-Identifier: BSD-2-Clause */
/* measure.h - times by the time-stamp counter */
#pragma once

#include "bench/ticks.h"

/* ticks_ns: what ticks() itself takes, which is in what is measured with it. */
extern double ns_per_tick, ticks_ns;

/* Sets both. */
void measure_ticks(void);
/* Sorts x. */
double quantile(double *x, int n, double q);
