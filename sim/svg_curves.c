// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg_curves.c - what is drawn into a panel: curves, dots, intervals, and their names
 */
#include <math.h>
#include <stdio.h>

#include "svg_draw.h"

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

/* The area between what a curve may be at least and at most. */
void svg_area(FILE *f, const struct curve *c, int i, const struct scale *x,
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

void svg_curve(FILE *f, const struct plot *p, int i, const struct scale *x,
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

void svg_direct_labels(FILE *f, const struct plot *p, const struct scale *x,
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
		svg_text(f, p->curve[t.curve].name);
		fprintf(f, "</text>\n");
	}
}

void svg_legend(FILE *f, const struct plot *p)
{
	for (int i = 0; i < p->n; i++) {
		int y = HEIGHT + LEGEND * i;

		fprintf(f, "<path class='c c%d' stroke-width='3' d='M%d %dh24'/>", i % COLOURS,
			LEFT, y);
		marker(f, i, LEFT + 12, y, false);
		fprintf(f, "<text x='%d' y='%d'>", LEFT + 32, y + 4);
		svg_text(f, p->curve[i].name);
		fprintf(f, "</text>\n");
	}
}

void svg_dots(FILE *f, const struct plot *p, const struct scale *y)
{
	const struct scale x = { 0, p->n, false };
	char buf[32];

	for (int i = 0; i < p->n; i++) {
		const struct curve *c = &p->curve[i];
		double middle = i + 0.5, at = across(&x, middle), v = c->n ? c->y[c->n - 1] : NAN;

		/* Many names stand in two rows. */
		fprintf(f, "<text class='t%d' x='%.1f' y='%d' text-anchor='middle'>", i % COLOURS,
			at, HEIGHT - BOTTOM + 13 + (p->n > 4 && i % 2 ? 12 : 0));
		svg_text(f, c->name);
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
