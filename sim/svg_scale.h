/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_scale.h - the axes of a plot
 */
#pragma once

#include <math.h>

#include "sweep.h"

struct scale {
	double low, high;
	bool log;
};

static inline double place(const struct scale *s, double v)
{
	if (s->log)
		return (log10(v) - log10(s->low)) / (log10(s->high) - log10(s->low));
	return (v - s->low) / (s->high - s->low);
}

/* 1, 2 or 5 times a power of ten, so that a range has some five steps. */
double scale_step(double range);
/* The next 1, 2 or 5 times a power of ten, up or down. */
double scale_round(double v, bool up);
bool plot_wants_log(const struct plot *p);
/* Has the plot one load alone? Then its curves stand side by side. */
bool plot_of_one_x(const struct plot *p);
void scale_find(const struct plot *p, struct scale *x, struct scale *y);
