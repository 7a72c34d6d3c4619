// SPDX-License-Identifier: BSD-2-Clause
/*
 * svg.c - line plots side by side, readable on light and dark pages
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "svg_draw.h"
#include "svg_style.h"

static void y_tick(FILE *f, double at, double v)
{
	double y = TOP + (1 - at) * (HEIGHT - TOP - BOTTOM);
	char buf[32];

	fprintf(f,
		"<line class='grid' x1='%d' x2='%d' y1='%.1f' y2='%.1f'/>"
		"<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n",
		LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, svg_number(v, buf, sizeof(buf)));
}

static void x_tick(FILE *f, const struct scale *x, double v)
{
	char buf[32];

	fprintf(f, "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>\n",
		LEFT + place(x, v) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 18,
		svg_number(v, buf, sizeof(buf)));
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
	svg_text(f, p->title);
	fprintf(f, "</text>\n<text x='%d' y='36' class='note'>", LEFT);
	svg_text(f, p->y_name);
	fprintf(f, "%s</text>\n<text x='%d' y='%d' text-anchor='middle'>",
		y->log ? " (log scale)" : " (linear scale)", (LEFT + WIDTH - RIGHT) / 2,
		HEIGHT - BOTTOM + 38);
	svg_text(f, p->x_name);
	if (plot_of_one_x(p) && p->curve[0].n)
		fprintf(f, ": %s", svg_number(p->curve[0].x[0], buf, sizeof(buf)));
	fprintf(f, "%s</text>\n", x->log ? " (log scale)" : "");
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
			up(y, p->slo) - 4, svg_number(p->slo, buf, sizeof(buf)));
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
	svg_text(f, text);
	fprintf(f, "</text>\n");
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
		svg_area(f, &p->curve[k], k, &x, &y);
	if (plot_of_one_x(p) && beside) {
		svg_dots(f, p, &y);
		slo_name(f, p, &y);
		note(f, p, 0);
		return;
	}
	for (int k = 0; k < p->n; k++)
		svg_curve(f, p, k, &x, &y);
	slo_name(f, p, &y);
	if (beside)
		svg_direct_labels(f, p, &x, &y);
	else
		svg_legend(f, p);
	note(f, p, beside ? 0 : p->n);
}

/* How far names beside the curves of the last column reach beyond their panel. */
static int overhang(const struct plot *plots, int n, int columns)
{
	size_t longest = 0;

	for (int i = columns - 1; i < n; i += columns) {
		for (int k = 0; k < plots[i].n && plots[i].n <= COLOURS; k++)
			longest = fmax(longest, strlen(plots[i].curve[k].name));
	}
	return fmax(0, 6 + longest * LETTER - RIGHT);
}

void svg_put(const struct plot *plots, int n, FILE *f)
{
	int columns = n <= 3 ? n : ceil(sqrt(n)), rows = (n + columns - 1) / columns;
	int lines = 0, height, width = WIDTH * columns + overhang(plots, n, columns);
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
		width, height * rows, width, height * rows, style, LEFT, TOP - 2,
		WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM + 4, width, height * rows);
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
