/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work.h - to compute for a while: a count of steps, calibrated, not a look at the clock
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Compared with other servers: takes 100 ms, a second at most, to be sure of this CPU's speed. */
void work_calibrate(bool compared);
double work_steps_per_us(void);
void work_ns(uint64_t ns, bool safepoints);
uint64_t work_now_ns(void);
/* How long ago that was; at least 1, for 0 means "not known"
 * in replies, and two clocks may differ by some ns. */
uint64_t work_since_ns(uint64_t then_ns);
