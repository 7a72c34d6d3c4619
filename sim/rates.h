/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rates.h - rates that change with time: steps, ramps, a sine, a file
 *
 * A shape is a factor over time, of which --load or --rate is the unit. Arrivals are drawn at the
 * constant rate and then moved to the moment at which as much of the shape has passed, so that
 * whatever process they come from (Poisson, bursts, a trace) is followed at the rate of the moment.
 */
#pragma once

#include "why.h"

struct shape {
	int n;
	double *at_ns;     /* rising; two equal ones make a step */
	double *factor;    /* between them linear; beyond the last one constant */
	double period_ns;  /* 0: it does not come again */
	double period_area; /* constant time in a period */
};

/* Where arrivals have come to. */
struct shape_place {
	const struct shape *s;
	double from_ns;    /* of the period */
	double passed;     /* of constant time before knot i */
	int i;
};

/* "steps(0s:1;1s:2)", "ramp(0s:0.5;1s:1.5)", "sine(10ms;0.5)", "file(PATH)" (a line a step: "TIME
 * FACTOR"). 0 or -1 with the reason in why. */
int shape_parse(struct shape *s, const char *text, struct why *why);
void shape_free(struct shape *s);
void shape_begin(struct shape_place *p, const struct shape *s);
/* The moment at which so much constant time (ns, not less than before) has passed. */
double shape_when(struct shape_place *p, double constant_ns);
/* The constant time that has passed until a moment: shape_when()'s inverse. */
double shape_until(const struct shape *s, double ns);
