// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg.c - line plots side by side, readable on light and dark pages
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "svg_scale.h"
#include "svg_style.h"

#define WIDTH 640
#define HEIGHT 360
#define LEFT 64
#define RIGHT 150 /* room for the names beside the curves' ends */
#define TOP 44
#define BOTTOM 52
#define LEGEND 18 /* a line of it */
#define COLOURS 8

static void put_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '<' || *s == '&' || *s == '>')
			fprintf(f, "&#%d;", *s);
		else
			fputc(*s, f);
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

	fprintf(f,
		"<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
		"<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n",
		LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, number(v, buf, sizeof(buf)));
}

static void x_tick(FILE *f, const struct scale *x, double v)
{
	char buf[32];

	fprintf(f, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n",
		LEFT + place(x, v) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 18,
		number(v, buf, sizeof(buf)));
}

static void x_ticks(FILE *f, const struct scale *x)
{
	double step = scale_step(x->high - x->low);

	for (double v = pow(10, ceil(log10(x->low) - 1e-9)); x->log && v <= x->high * 1.001;
	     v *= 10)
		x_tick(f, x, v);
	for (double v = ceil(x->low / step - 1e-9) * step; !x->log && v <= x->high + step * 1e-6;
	     v += step)
		x_tick(f, x, fabs(v) < step * 1e-6 ? 0 : v);
}

static void axes(FILE *f, const struct plot *p, const struct scale *x, const struct scale *y)
{
	char buf[32];

	if (y->log) {
		bool wide = y->high > y->low * 1001; /* the decades alone */

		for (double v = y->low; v <= y->high * 1.001; v = scale_round(v * 1.01, true)) {
			if (!wide || fabs(log10(v) - round(log10(v))) < 1e-6)
				y_tick(f, place(y, v), v);
		}
	} else {
		for (double v = 0, s = scale_step(y->high); v <= y->high * 1.001; v += s)
			y_tick(f, place(y, v), v);
	}
	if (!plot_of_one_x(p))
		x_ticks(f, x);
	fprintf(f, "<path class='axis' d='M%d %dV%dH%d'/>\n", LEFT, TOP, HEIGHT - BOTTOM,
		WIDTH - RIGHT);
	fprintf(f, "<text x='%d' y='20' class='title'>", LEFT);
	put_text(f, p->title);
	fprintf(f, "</text>\n<text x='%d' y='36' class='note'>", LEFT);
	put_text(f, p->y_name);
	fprintf(f, "%s</text>\n<text x='%d' y='%d' text-anchor='middle'>",
		y->log ? " (log scale)" : " (linear scale)", (LEFT + WIDTH - RIGHT) / 2,
		HEIGHT - BOTTOM + 38);
	put_text(f, p->x_name);
	if (plot_of_one_x(p) && p->curve[0].n)
		fprintf(f, ": %s", number(p->curve[0].x[0], buf, sizeof(buf)));
	fprintf(f, "%s</text>\n", x->log ? " (log scale)" : "");
}

/* Dots; after eight curves, when colours come again, squares, triangles, diamonds, each hollow. */
static void marker(FILE *f, int i, double x, double y, bool hollow)
{
	static const char *const shape[] = { "M-3.5-3.5h7v7h-7z", "M0-4.5l4.5 8h-9z",
					     "M0-5l5 5-5 5-5-5z" };

	if (i < COLOURS && hollow)
		fprintf(f, "<circle class='m c%d hollow' cx='%.1f' cy='%.1f' r='3.5'/>", i, x, y);
	else if (i < COLOURS)
		fprintf(f, "<circle class='d%d' cx='%.1f' cy='%.1f' r='2.5'/>", i, x, y);
	else
		fprintf(f, "<path class='m c%d' transform='translate(%.1f %.1f)' d='%s'/>",
			i % COLOURS, x, y, shape[(i / COLOURS - 1) % 3]);
}

static double across(const struct scale *x, double v)
{
	return LEFT + place(x, v) * (WIDTH - LEFT - RIGHT);
}

/* A value of which no interval is known. */
static bool unsure(const struct curve *c, int k)
{
	return c->half && isnan(c->half[k]) && !isnan(c->y[k]) && !(c->hollow && c->hollow[k]);
}

/* Within the plot. */
static double up(const struct scale *y, double v)
{
	double at = y->log && v < y->low ? 0 : place(y, v);

	return TOP + (1 - fmax(0, fmin(at, 1))) * (HEIGHT - TOP - BOTTOM);
}

static void interval(FILE *f, const struct curve *c, int i, int k, const struct scale *x,
		     const struct scale *y)
{
	double half = c->half ? c->half[k] : NAN, at = across(x, c->x[k]);

	/* no higher than its dot */
	if (isnan(half) || up(y, c->y[k] - half) - up(y, c->y[k] + half) < 3)
		return;
	fprintf(f, "<path class='i c%d' d='M%.1f %.1fV%.1fm-3 0h6M%.1f %.1fh6'/>", i % COLOURS, at,
		up(y, c->y[k] - half), up(y, c->y[k] + half), at - 3, up(y, c->y[k] - half));
}

static bool has_slo(const struct plot *p, const struct scale *y)
{
	return p->slo > 0 && place(y, p->slo) <= 1;
}

static void slo_line(FILE *f, const struct plot *p, const struct scale *y)
{
	if (has_slo(p, y))
		fprintf(f, "<path class='slo' d='M%d %.1fH%d'/>\n", LEFT, up(y, p->slo),
			WIDTH - RIGHT);
}

/* After the curves, which would cross it. */
static void slo_name(FILE *f, const struct plot *p, const struct scale *y)
{
	char buf[32];

	if (has_slo(p, y))
		fprintf(f, "<text class='note halo' x='%d' y='%.1f'>SLO %s us</text>\n", LEFT + 4,
			up(y, p->slo) - 4, number(p->slo, buf, sizeof(buf)));
}

/* The area between what a curve may be at least and at most. */
static void area(FILE *f, const struct curve *c, int i, const struct scale *x,
		 const struct scale *y)
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

static bool drawn(const struct curve *c, int k, const struct scale *y)
{
	return !isnan(c->y[k]) && !(y->log && c->y[k] <= 0);
}

static bool hollow(const struct curve *c, int k)
{
	return c->hollow && c->hollow[k];
}

static void line(FILE *f, const struct plot *p, int i, const struct scale *x, const struct scale *y)
{
	const struct curve *c = &p->curve[i];
	bool down = false;

	/* Where curves coincide the ones below show on both sides. */
	fprintf(f, "<path class='c c%d' stroke-width='%.1f' d='", i % COLOURS,
		2 + fmin(p->n - 1 - i, 4) * 0.8);
	for (int k = 0; k < c->n; k++) {
		if (!drawn(c, k, y) || hollow(c, k)) {
			down = false;
			continue;
		}
		/* A curve that leaves the plot is drawn to a little beyond its edge, and clipped
		 * there. */
		fprintf(f, "%c%.1f %.1f", down ? 'L' : 'M', across(x, c->x[k]),
			TOP + (1 - fmin(place(y, c->y[k]), 1.2)) * (HEIGHT - TOP - BOTTOM));
		down = true;
	}
	fprintf(f, "' clip-path='url(#area)'/>\n");
}

/* Where a curve stops for the first time, why. */
static void gap(FILE *f, const struct plot *p, const struct curve *c, const struct scale *x,
		const struct scale *y)
{
	for (int k = 1; p->gap && k < c->n; k++) {
		if (!isnan(c->y[k]) || isnan(c->y[k - 1]))
			continue;
		fprintf(f, "<text class='note halo' x='%.1f' y='%.1f'>%s</text>\n",
			across(x, c->x[k - 1]) + 6, up(y, c->y[k - 1]) + 4, p->gap);
		return;
	}
}

static void curve(FILE *f, const struct plot *p, int i, const struct scale *x,
		  const struct scale *y)
{
	const struct curve *c = &p->curve[i];

	line(f, p, i, x, y);
	for (int k = 0; k < c->n; k += 1 + c->n / 40) {
		if (!drawn(c, k, y) || (place(y, c->y[k]) > 1 && !hollow(c, k)))
			continue;
		interval(f, c, i, k, x, y);
		/* beyond the top a hollow one lies on its edge */
		marker(f, i, across(x, c->x[k]), up(y, c->y[k]), hollow(c, k));
		if (unsure(c, k))
			fprintf(f, "<text class='note' x='%.1f' y='%.1f'>~</text>",
				across(x, c->x[k]) - 4, up(y, c->y[k]) - 5);
	}
	gap(f, p, c, x, y);
	fprintf(f, "\n");
}

#define LABEL 14 /* between names */

struct label {
	int curve;
	double x, y;
};

/* Names at the ends of the curves, as near as they go without lying on each other. */
static void direct_labels(FILE *f, const struct plot *p, const struct scale *x,
			  const struct scale *y)
{
	struct label l[COLOURS], t;
	int n = 0;

	for (int i = 0; i < p->n; i++) {
		const struct curve *c = &p->curve[i];
		int last = c->n - 1, k;

		while (last >= 0 && (isnan(c->y[last]) || (y->log && c->y[last] <= 0)))
			last--;
		if (last < 0)
			continue;
		for (k = n++; k > 0 && l[k - 1].y > up(y, c->y[last]); k--)
			l[k] = l[k - 1];
		l[k] = (struct label){ i, across(x, c->x[last]), up(y, c->y[last]) };
	}
	for (int k = 1; k < n; k++)
		l[k].y = fmax(l[k].y, l[k - 1].y + LABEL);
	for (int k = n - 1; k >= 0; k--) { /* and not below the plot */
		t = l[k];
		l[k].y = fmin(t.y, k == n - 1 ? HEIGHT - BOTTOM : l[k + 1].y - LABEL);
		fprintf(f, "<text class='t%d' x='%d' y='%.1f'>", t.curve % COLOURS,
			WIDTH - RIGHT + 6, l[k].y + 4);
		put_text(f, p->curve[t.curve].name);
		fprintf(f, "</text>\n");
	}
}

/* More curves than colours: names with their markers below. */
static void legend(FILE *f, const struct plot *p)
{
	for (int i = 0; i < p->n; i++) {
		int y = HEIGHT + LEGEND * i;

		fprintf(f, "<path class='c c%d' stroke-width='3' d='M%d %dh24'/>", i % COLOURS,
			LEFT, y);
		marker(f, i, LEFT + 12, y, false);
		fprintf(f, "<text x='%d' y='%d'>", LEFT + 32, y + 4);
		put_text(f, p->curve[i].name);
		fprintf(f, "</text>\n");
	}
}

static bool any(const struct plot *p, bool (*is)(const struct curve *c, int k))
{
	for (int i = 0; i < p->n; i++) {
		for (int k = 0; k < p->curve[i].n; k++) {
			if (is(&p->curve[i], k) && !isnan(p->curve[i].y[k]))
				return true;
		}
	}
	return false;
}

#define NOTE 96 /* characters that fit below a panel without running into the next */

static void note(FILE *f, const struct plot *p, int lines)
{
	char text[512];
	bool hollows = any(p, hollow);

	snprintf(text, sizeof(text), "%s%s%s%s%s",
		 any(p, unsure) ? "~: no interval is known. " : "", hollows ? "Hollow: " : "",
		 hollows ? p->hollow : "", hollows ? ". " : "", p->note);
	if (strlen(text) > NOTE)
		strcpy(text + NOTE - 1, "…");
	fprintf(f, "<text class='note' x='%d' y='%d'>", LEFT, HEIGHT + LEGEND * lines + 6);
	put_text(f, text);
	fprintf(f, "</text>\n");
}

/* A dot, its interval, its value and its name for each curve. */
static void dots(FILE *f, const struct plot *p, const struct scale *y)
{
	const struct scale x = { 0, p->n, false };
	char buf[32];

	for (int i = 0; i < p->n; i++) {
		const struct curve *c = &p->curve[i];
		double middle = i + 0.5, at = across(&x, middle), v = c->n ? c->y[c->n - 1] : NAN;

		/* Many names stand in two rows. */
		fprintf(f, "<text class='t%d' x='%.1f' y='%d' text-anchor='middle'>", i % COLOURS,
			at, HEIGHT - BOTTOM + 13 + (p->n > 4 && i % 2 ? 12 : 0));
		put_text(f, c->name);
		fprintf(f, "</text>\n");
		for (int k = 0; k < c->n; k++) {
			if (isnan(c->y[k]) || (y->log && c->y[k] <= 0))
				continue;
			interval(f,
				 &(struct curve){ .x = &middle,
						  .y = &c->y[k],
						  .half = c->half ? &c->half[k] : NULL },
				 i, 0, &x, y);
			marker(f, i, at, up(y, c->y[k]), hollow(c, k));
		}
		if (!isnan(v)) {
			snprintf(buf, sizeof(buf), "%s%.*f", unsure(c, c->n - 1) ? "~" : "",
				 v < 10 ? 2 : v < 100 ? 1 : 0, v);
			fprintf(f, "<text class='note' x='%.1f' y='%.1f'>%s</text>\n", at + 8,
				up(y, v) + 4, buf);
		}
	}
}

static void panel(FILE *f, const struct plot *p, bool log_y)
{
	bool beside = p->n <= COLOURS;
	struct plot drawn = *p;
	struct scale x, y;

	drawn.log_y = log_y;
	scale_find(&drawn, &x, &y);
	axes(f, p, &x, &y);
	slo_line(f, p, &y);
	for (int k = 0; k < p->n; k++)
		area(f, &p->curve[k], k, &x, &y);
	if (plot_of_one_x(p) && beside) {
		dots(f, p, &y);
		slo_name(f, p, &y);
		note(f, p, 0);
		return;
	}
	for (int k = 0; k < p->n; k++)
		curve(f, p, k, &x, &y);
	slo_name(f, p, &y);
	if (beside)
		direct_labels(f, p, &x, &y);
	else
		legend(f, p);
	note(f, p, beside ? 0 : p->n);
}

void svg_put(const struct plot *plots, int n, FILE *f)
{
	int columns = n <= 3 ? n : ceil(sqrt(n)), rows = (n + columns - 1) / columns;
	int lines = 0, height;
	bool log_y = false;

	for (int i = 0; i < n; i++) {
		lines = plots[i].n > COLOURS && plots[i].n > lines ? plots[i].n : lines;
		/* panels side by side are read against each other */
		log_y |= !plots[i].by_itself && plot_wants_log(&plots[i]);
	}
	height = HEIGHT + LEGEND * lines + 16;
	fprintf(f,
		"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' "
		"height='%d'>\n%s<clipPath id='area'><rect x='%d' y='%d' width='%d' height='%d'/></clipPath>\n"
		"<rect class='page' width='%d' height='%d'/>\n",
		WIDTH * columns, height * rows, WIDTH * columns, height * rows, style, LEFT,
		TOP - 2, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM + 4, WIDTH * columns,
		height * rows);
	for (int i = 0; i < n; i++) {
		fprintf(f, "<g transform='translate(%d %d)'>\n", WIDTH * (i % columns),
			height * (i / columns));
		panel(f, &plots[i],
		      plots[i].by_itself ? plot_wants_log(&plots[i])
					 : log_y && plots[i].y_max <= 0);
		fprintf(f, "</g>\n");
	}
	fprintf(f, "</svg>\n");
}

int svg_write(const struct plot *plots, int n, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "w") : stdout;

	if (!f)
		return -errno;
	svg_put(plots, n, f);
	if (f == stdout)
		return ferror(f) ? -EIO : 0;
	if (ferror(f)) {
		fclose(f);
		return -EIO;
	}
	return fclose(f) ? -errno : 0;
}
