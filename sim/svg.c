// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg.c - line plots side by side, readable on light and dark pages
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep.h"

#define WIDTH 640
#define HEIGHT 360
#define LEFT 64
#define RIGHT 150 /* room for the names beside the curves' ends */
#define TOP 44
#define BOTTOM 52
#define LEGEND 18 /* a line of it */
#define COLOURS 8

struct scale {
	double low, high;
	bool log;
};

static double place(const struct scale *s, double v)
{
	if (s->log)
		return (log10(v) - log10(s->low)) / (log10(s->high) - log10(s->low));
	return (v - s->low) / (s->high - s->low);
}

static void put_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '&' || *s == '>')
			fprintf(f, "&#%d;", *s);
		else
			fputc(*s, f);
	}
}

/* 1, 2 or 5 times a power of ten, so that a range has some five steps. */
static double nice_step(double range)
{
	double step = pow(10, floor(log10(range / 5))), n = range / 5 / step;

	return step * (n > 5 ? 10 : n > 2 ? 5 : n > 1 ? 2 : 1);
}

/* Is the range so wide that a linear scale would show half of it as nothing? */
static bool wants_log(const struct plot *p)
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

static void find_range(const struct plot *p, struct scale *x, struct scale *y)
{
	double cap = p->y_max > 0 ? p->y_max : INFINITY, v;
	bool any = false;

	*x = *y = (struct scale){ INFINITY, -INFINITY, false };
	y->log = p->log_y;
	for (int i = 0; i < p->n; i++) {
		for (int k = 0; k < p->curve[i].n; k++) {
			v = fmin(p->curve[i].y[k], cap);
			if (isnan(v) || (y->log && v <= 0))
				continue;
			any = true;
			if (p->curve[i].half && !isnan(p->curve[i].half[k]))
				y->high = fmax(y->high, fmin(v + p->curve[i].half[k], cap));
			if (p->curve[i].high)
				y->high = fmax(y->high, fmin(p->curve[i].high[k], cap));
			x->low = fmin(x->low, p->curve[i].x[k]);
			x->high = fmax(x->high, p->curve[i].x[k]);
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
	if (x->low > 0 && x->low < x->high / 2)
		x->low = 0;
	if (!(x->high > x->low))
		x->high = x->low + 1;
	if (y->log) {
		y->low = pow(10, floor(log10(y->low) + 1e-9));
		y->high = fmax(pow(10, ceil(log10(y->high) - 1e-9)), y->low * 10);
	} else {
		y->low = 0;
		v = nice_step(y->high > 0 ? y->high : 1);
		y->high = ceil((y->high > 0 ? y->high : 1) / v - 1e-9) * v;
	}
}

/* 0.5, 20, 300k, 2M: no exponents */
static const char *number(double v, char *buf, size_t len)
{
	const char *unit = fabs(v) >= 1e6 ? "M" : fabs(v) >= 1e4 ? "k" : "";

	snprintf(buf, len, "%g%s", *unit == 'M' ? v / 1e6 : *unit ? v / 1e3 : v, unit);
	return buf;
}

static void y_tick(FILE *f, double at, double v)
{
	double y = TOP + (1 - at) * (HEIGHT - TOP - BOTTOM);
	char buf[32];

	fprintf(f, "<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
		"<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n", LEFT, WIDTH - RIGHT, y, y, LEFT - 6,
		y + 4, number(v, buf, sizeof(buf)));
}

static void axes(FILE *f, const struct plot *p, const struct scale *x, const struct scale *y)
{
	double step = nice_step(x->high - x->low), at;
	char buf[32];

	if (y->log) {
		for (double v = y->low; v <= y->high * 1.001; v *= 10)
			y_tick(f, place(y, v), v);
	} else {
		for (double v = 0, s = nice_step(y->high); v <= y->high * 1.001; v += s)
			y_tick(f, place(y, v), v);
	}
	for (double v = ceil(x->low / step - 1e-9) * step; v <= x->high + step * 1e-6; v += step) {
		at = LEFT + place(x, v) * (WIDTH - LEFT - RIGHT);
		fprintf(f, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n", at, HEIGHT - BOTTOM + 18,
			number(fabs(v) < step * 1e-6 ? 0 : v, buf, sizeof(buf)));
	}
	fprintf(f, "<path class='axis' d='M%d %dV%dH%d'/>\n", LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT);
	fprintf(f, "<text x='%d' y='20' class='title'>", LEFT);
	put_text(f, p->title);
	fprintf(f, "</text>\n<text x='%d' y='36' class='note'>", LEFT);
	put_text(f, p->y_name);
	fprintf(f, "%s</text>\n<text x='%d' y='%d' text-anchor='middle'>", y->log ? " (log scale)" : " (linear scale)", (LEFT + WIDTH - RIGHT) / 2,
		HEIGHT - BOTTOM + 38);
	put_text(f, p->x_name);
	fprintf(f, "</text>\n");
}

/* Dots; after eight curves, when colours come again, squares, triangles, diamonds, each hollow. */
static void marker(FILE *f, int i, double x, double y)
{
	static const char *const shape[] = { "M-3.5-3.5h7v7h-7z", "M0-4.5l4.5 8h-9z", "M0-5l5 5-5 5-5-5z" };

	if (i < COLOURS)
		fprintf(f, "<circle class='d%d' cx='%.1f' cy='%.1f' r='2.5'/>", i, x, y);
	else
		fprintf(f, "<path class='m c%d' transform='translate(%.1f %.1f)' d='%s'/>", i % COLOURS, x, y,
			shape[(i / COLOURS - 1) % 3]);
}

static double across(const struct scale *x, double v)
{
	return LEFT + place(x, v) * (WIDTH - LEFT - RIGHT);
}

/* Within the plot. */
static double up(const struct scale *y, double v)
{
	double at = y->log && v < y->low ? 0 : place(y, v);

	return TOP + (1 - fmax(0, fmin(at, 1))) * (HEIGHT - TOP - BOTTOM);
}

static void interval(FILE *f, const struct curve *c, int i, int k, const struct scale *x, const struct scale *y)
{
	double half = c->half ? c->half[k] : NAN, at = across(x, c->x[k]);

	if (isnan(half) || up(y, c->y[k] - half) - up(y, c->y[k] + half) < 3) /* no higher than its dot */
		return;
	fprintf(f, "<path class='i c%d' d='M%.1f %.1fV%.1fm-3 0h6M%.1f %.1fh6'/>", i % COLOURS, at,
		up(y, c->y[k] - half), up(y, c->y[k] + half), at - 3, up(y, c->y[k] - half));
}

static void slo_line(FILE *f, const struct plot *p, const struct scale *y)
{
	char buf[32];

	if (!(p->slo > 0) || place(y, p->slo) > 1)
		return;
	fprintf(f, "<path class='slo' d='M%d %.1fH%d'/><text class='note' x='%d' y='%.1f'>SLO %s us</text>\n", LEFT,
		up(y, p->slo), WIDTH - RIGHT, LEFT + 4, up(y, p->slo) - 4, number(p->slo, buf, sizeof(buf)));
}

/* The area between what a curve may be at least and at most. */
static void area(FILE *f, const struct curve *c, int i, const struct scale *x, const struct scale *y)
{
	if (!c->low || !c->high)
		return;
	fprintf(f, "<path class='a d%d' d='", i % COLOURS);
	for (int k = 0; k < c->n; k++)
		fprintf(f, "%c%.1f %.1f", k ? 'L' : 'M', across(x, c->x[k]), up(y, c->high[k]));
	for (int k = c->n - 1; k >= 0; k--)
		fprintf(f, "L%.1f %.1f", across(x, c->x[k]), up(y, c->low[k]));
	fprintf(f, "z'/>\n");
}

static void curve(FILE *f, const struct plot *p, int i, const struct scale *x, const struct scale *y)
{
	const struct curve *c = &p->curve[i];
	bool down = false;
	double px, py, v;

	/* Where curves coincide the ones below show on both sides. */
	fprintf(f, "<path class='c c%d' stroke-width='%.1f' d='", i % COLOURS, 2 + fmin(p->n - 1 - i, 4) * 0.8);
	for (int k = 0; k < c->n; k++) {
		v = c->y[k];
		if (isnan(v) || (y->log && v <= 0)) {
			down = false;
			continue;
		}
		px = LEFT + place(x, c->x[k]) * (WIDTH - LEFT - RIGHT);
		py = place(y, v);
		/* What leaves the plot goes up to its edge and a little beyond; it is clipped there. */
		py = TOP + (1 - fmin(py, 1.2)) * (HEIGHT - TOP - BOTTOM);
		fprintf(f, "%c%.1f %.1f", down ? 'L' : 'M', px, py);
		down = true;
	}
	fprintf(f, "' clip-path='url(#area)'/>\n");
	for (int k = 0; k < c->n; k += 1 + c->n / 40) {
		v = c->y[k];
		if (isnan(v) || (y->log && v <= 0) || place(y, v) > 1)
			continue;
		interval(f, c, i, k, x, y);
		marker(f, i, LEFT + place(x, c->x[k]) * (WIDTH - LEFT - RIGHT),
		       TOP + (1 - place(y, v)) * (HEIGHT - TOP - BOTTOM));
	}
	fprintf(f, "\n");
}

#define LABEL 14 /* between names */

struct label {
	int curve;
	double x, y;
};

/* Names at the ends of the curves, as near as they go without lying on each other. */
static void direct_labels(FILE *f, const struct plot *p, const struct scale *x, const struct scale *y)
{
	struct label l[COLOURS], t;
	int n = 0;

	for (int i = 0; i < p->n; i++) {
		const struct curve *c = &p->curve[i];
		int k = c->n - 1;

		while (k >= 0 && (isnan(c->y[k]) || (y->log && c->y[k] <= 0)))
			k--;
		if (k < 0)
			continue;
		for (k = n++; k > 0 && l[k - 1].y > up(y, c->y[c->n - 1]); k--)
			l[k] = l[k - 1];
		l[k] = (struct label){ i, across(x, c->x[c->n - 1]), up(y, c->y[c->n - 1]) };
	}
	for (int k = 1; k < n; k++)
		l[k].y = fmax(l[k].y, l[k - 1].y + LABEL);
	for (int k = n - 1; k >= 0; k--) { /* and not below the plot */
		t = l[k];
		l[k].y = fmin(t.y, k == n - 1 ? HEIGHT - BOTTOM : l[k + 1].y - LABEL);
		fprintf(f, "<text class='t%d' x='%d' y='%.1f'>", t.curve % COLOURS, WIDTH - RIGHT + 6, l[k].y + 4);
		put_text(f, p->curve[t.curve].name);
		fprintf(f, "</text>\n");
	}
}

/* More curves than colours: names with their markers below. */
static void legend(FILE *f, const struct plot *p)
{
	for (int i = 0; i < p->n; i++) {
		int y = HEIGHT + LEGEND * i;

		fprintf(f, "<path class='c c%d' stroke-width='3' d='M%d %dh24'/>", i % COLOURS, LEFT, y);
		marker(f, i, LEFT + 12, y);
		fprintf(f, "<text x='%d' y='%d'>", LEFT + 32, y + 4);
		put_text(f, p->curve[i].name);
		fprintf(f, "</text>\n");
	}
}

/* The colours are told apart by people who do not see all (Okabe and Ito), dashes help where they meet. */
static const char style[] =
	"<style>text{font:12px sans-serif;fill:#222}.title{font-weight:bold;font-size:14px}"
	".note{font-size:11px;fill:#666}.grid{stroke:#ddd}.axis{stroke:#444;fill:none}"
	".a{opacity:.22}.c,.i,.slo{fill:none}.i{stroke-width:1;stroke-dasharray:none!important}.slo{stroke:#a00;stroke-dasharray:5 4}"
	".t0{fill:#0072b2}.t1{fill:#d55e00}.t2{fill:#009e73}.t3{fill:#a05a83}.t4{fill:#8a6800}.t5{fill:#2f86b8}"
	".t6{fill:#666}.t7{fill:#000}"
	".c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}"
	".c4{stroke:#b58900}.c5{stroke:#56b4e9;stroke-dasharray:6 3}.c6{stroke:#777;stroke-dasharray:2 3}"
	".c7{stroke:#000;stroke-dasharray:8 3 2 3}"
	".d0{fill:#0072b2}.d1{fill:#d55e00}.d2{fill:#009e73}.d3{fill:#cc79a7}.d4{fill:#b58900}"
	".d5{fill:#56b4e9}.d6{fill:#777}.d7{fill:#000}.m{stroke-width:1.5;stroke-dasharray:none}.page,.m{fill:#fff}"
	"@media (prefers-color-scheme:dark){text{fill:#ddd}.note{fill:#aaa}.grid{stroke:#3a3a3a}"
	".axis{stroke:#bbb}.page,.m{fill:#16181c}.c0{stroke:#4aa8e0}.d0{fill:#4aa8e0}.c7{stroke:#fff}"
	".d7{fill:#fff}.slo{stroke:#f66}.t0{fill:#4aa8e0}.t1{fill:#ff8a3c}.t2{fill:#2ec79a}.t3{fill:#e7a3c6}"
	".t4{fill:#d9ab1f}.t5{fill:#7cc7f2}.t6{fill:#aaa}.t7{fill:#fff}}</style>\n";

static void note(FILE *f, const struct plot *p, int lines)
{
	fprintf(f, "<text class='note' x='%d' y='%d'>", LEFT, HEIGHT + LEGEND * lines + 6);
	put_text(f, p->note);
	fprintf(f, "</text>\n");
}

static void panel(FILE *f, const struct plot *p, bool log_y)
{
	bool beside = p->n <= COLOURS;
	struct plot drawn = *p;
	struct scale x, y;

	drawn.log_y = log_y;
	find_range(&drawn, &x, &y);
	axes(f, p, &x, &y);
	slo_line(f, p, &y);
	for (int k = 0; k < p->n; k++)
		area(f, &p->curve[k], k, &x, &y);
	for (int k = 0; k < p->n; k++)
		curve(f, p, k, &x, &y);
	if (beside)
		direct_labels(f, p, &x, &y);
	else
		legend(f, p);
	note(f, p, beside ? 0 : p->n);
}

int svg_write(const struct plot *plots, int n, const char *path)
{
	int columns = n <= 3 ? n : ceil(sqrt(n)), rows = (n + columns - 1) / columns;
	int lines = 0, height;
	bool log_y = false;
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	for (int i = 0; i < n; i++) {
		lines = plots[i].n > COLOURS && plots[i].n > lines ? plots[i].n : lines;
		log_y |= wants_log(&plots[i]); /* panels side by side are read against each other */
	}
	height = HEIGHT + LEGEND * lines + 16;
	fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d'>\n%s"
		"<clipPath id='area'><rect x='%d' y='%d' width='%d' height='%d'/></clipPath>\n"
		"<rect class='page' width='%d' height='%d'/>\n", WIDTH * columns, height * rows, WIDTH * columns,
		height * rows, style, LEFT, TOP - 2, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM + 4,
		WIDTH * columns, height * rows);
	for (int i = 0; i < n; i++) {
		fprintf(f, "<g transform='translate(%d %d)'>\n", WIDTH * (i % columns), height * (i / columns));
		panel(f, &plots[i], log_y && plots[i].y_max <= 0);
		fprintf(f, "</g>\n");
	}
	fprintf(f, "</svg>\n");
	if (ferror(f)) {
		fclose(f);
		return -EIO;
	}
	return fclose(f) ? -errno : 0;
}
