// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg_scale.c - how far the axes of a plot go, and which values they name
 */
#include <math.h>

#include "svg_scale.h"

/* 1, 2 or 5 times a power of ten, so that a range has some five steps. */
double scale_step(double range)
{
	double step = pow(10, floor(log10(range / 5))), n = range / 5 / step;

	return step * (n > 5 ? 10 : n > 2 ? 5 : n > 1 ? 2 : 1);
}

/* Is the range so wide that a linear scale would show half of it as nothing? */
bool plot_wants_log(const struct plot *p)
{
	double low = INFINITY, high = -INFINITY;

	if (p->log_y)
		return true;
	for (int i = 0; i < p->n && p->y_max <= 0; i++) {
		for (int k = 0; k < p->curve[i].n; k++) {
			if (isnan(p->curve[i].y[k]))
				continue;
			low = fmin(low, p->curve[i].y[k]);
			high = fmax(high, p->curve[i].y[k]);
		}
	}
	return low > 0 && high > 50 * low;
}

/* The next 1, 2 or 5 times a power of ten, up or down. */
double scale_round(double v, bool up)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double unit = pow(10, floor(log10(v) + 1e-9));

	for (int i = 0; i < 4; i++) {
		if (up && steps[i] * unit >= v * (1 - 1e-9))
			return steps[i] * unit;
		if (!up && i < 3 && steps[i + 1] * unit > v * (1 + 1e-9))
			return steps[i] * unit;
	}
	return unit;
}

/* Has the plot one load alone? Then its curves stand side by side. */
bool plot_of_one_x(const struct plot *p)
{
	for (int i = 0; i < p->n; i++) {
		for (int k = 0; k < p->curve[i].n; k++) {
			if (p->curve[i].x[k] != p->curve[0].x[0])
				return false;
		}
	}
	return p->n > 0;
}

void scale_find(const struct plot *p, struct scale *x, struct scale *y)
{
	double cap = p->y_max > 0 ? p->y_max : INFINITY, v;
	bool any = false;

	*x = *y = (struct scale){ INFINITY, -INFINITY, false };
	y->log = p->log_y;
	for (int i = 0; i < p->n; i++) {
		for (int k = 0; k < p->curve[i].n; k++) {
			v = fmin(p->curve[i].y[k], cap);
			x->low = fmin(x->low, p->curve[i].x[k]);
			x->high = fmax(x->high, p->curve[i].x[k]);
			if (isnan(p->curve[i].y[k]) || (y->log && v <= 0))
				continue;
			any = true;
			if (p->curve[i].half && !isnan(p->curve[i].half[k]))
				y->high = fmax(y->high, fmin(v + p->curve[i].half[k], cap));
			if (p->curve[i].high)
				y->high = fmax(y->high, fmin(p->curve[i].high[k], cap));
			y->low = fmin(y->low, v);
			y->high = fmax(y->high, v);
		}
	}
	if (any && p->slo > 0) {
		y->low = fmin(y->low, p->slo);
		y->high = fmax(y->high, fmin(p->slo * 1.05, cap));
	}
	if (!any) {
		*x = (struct scale){ 0, 1, false };
		*y = (struct scale){ p->log_y ? 1 : 0, 10, p->log_y };
	}
	if (p->log_x && x->low > 0) {
		x->log = true;
		x->high = fmax(x->high, x->low * 10);
	} else if (x->low > 0 && x->low < x->high / 2) {
		x->low = 0;
	}
	if (!(x->high > x->low))
		x->high = x->low + 1;
	if (y->log) {
		y->low = scale_round(y->low, false);
		y->high = fmax(scale_round(y->high, true), y->low * 5);
	} else {
		y->low = 0;
		v = scale_step(y->high > 0 ? y->high : 1);
		y->high = ceil((y->high > 0 ? y->high : 1) / v - 1e-9) * v;
	}
}
