/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_draw.h - the places and texts of a panel, which svg.c frames and svg_curves.c draws into
 */
#pragma once

#include "svg_scale.h"

#define WIDTH 640
#define HEIGHT 360
#define LEFT 64
#define RIGHT 150 /* room for the names beside the curves' ends */
#define LETTER 6.6 /* about as wide as a letter of a name is */
#define TOP 44
#define BOTTOM 52
#define LEGEND 18 /* a line of it */
#define COLOURS 8

static inline double across(const struct scale *x, double v)
{
	return LEFT + place(x, v) * (WIDTH - LEFT - RIGHT);
}

/* Within the plot. */
static inline double up(const struct scale *y, double v)
{
	double at = y->log && v < y->low ? 0 : place(y, v);

	return TOP + (1 - fmax(0, fmin(at, 1))) * (HEIGHT - TOP - BOTTOM);
}

/* A value of which no interval is known. */
static inline bool unsure(const struct curve *c, int k)
{
	return c->half && isnan(c->half[k]) && !isnan(c->y[k]) && !(c->hollow && c->hollow[k]);
}

static inline bool hollow(const struct curve *c, int k)
{
	return c->hollow && c->hollow[k];
}

/* svg_text.c */
void svg_text(FILE *f, const char *s);
/* 0.5, 20, 300k, 2M: no exponents */
const char *svg_number(double v, char *buf, size_t len);
/* svg_curves.c: a curve, and what is in front of and behind it */
void svg_area(FILE *f, const struct curve *c, int i, const struct scale *x, const struct scale *y);
void svg_curve(FILE *f, const struct plot *p, int i, const struct scale *x, const struct scale *y);
/* Names at the ends of the curves, as near as they go without lying on each other. */
void svg_direct_labels(FILE *f, const struct plot *p, const struct scale *x,
		       const struct scale *y);
/* More curves than colours: names with their markers below. */
void svg_legend(FILE *f, const struct plot *p);
/* A dot, its interval, its value and its name for each curve. */
void svg_dots(FILE *f, const struct plot *p, const struct scale *y);
