// SPDX-License-Identifier: BSD-2-Clause
/*
 * chart.c - latency over load as SVG: a curve a system,
 * logarithmic upwards, bounds of the median as bars
 *
 * As wide as a phone is, in CSS pixels, so that letters
 * keep their size there; colours are the style's.
 */
#include <math.h>
#include <string.h>

#include "report.h"

#define WIDTH 360
#define HEIGHT 270
#define LEFT 40
#define RIGHT 8
#define TOP 12
#define BOTTOM 34

struct frame {
	double x_most, y_least, y_most; /* of y the logarithms, whole decades */
};

/* A system that is named here has its own colour on every chart; others take the remaining ones, in
 * order. On the wire a policy keeps its colour. */
static const char *const known[] = { "shunt-mq", "shunt-sq", "shunt-fcfs", "linux-shared",
				     "linux-shared-block",
				     "xdp-rtc", "memcached", "dispatcher-fcfs", "linux-reuseport",
				     "linux-select-idle", "linux-steal", "xdp-batch" };
#define KNOWN (sizeof(known) / sizeof(known[0]))
#define COLOURS 12

static bool is_wire(const char *system)
{
	const char *wire = strstr(system, "-wire");

	return wire && (!wire[5] || wire[5] == '-');
}

const char *kind_of(const char *system)
{
	return strncmp(system, "shunt-", 6) ? "peer" : is_wire(system) ? "wire" : "ours";
}

static int known_colour(const char *system)
{
	size_t len = strlen(system);

	if (len > 5 && !strcmp(system + len - 5, "-wire"))
		len -= 5;
	for (size_t i = 0; i < KNOWN; i++) {
		if (strlen(known[i]) == len && !strncmp(known[i], system, len))
			return i;
	}
	return -1;
}

int colour_of(const char *system, json_t *systems)
{
	int colour = known_colour(system), next = 0;
	unsigned int taken = 0;
	const char *name;
	json_t *s;

	if (colour >= 0)
		return colour;
	json_object_foreach(systems, name, s)
		taken |= known_colour(name) >= 0 ? 1u << known_colour(name) : 0;
	json_object_foreach(systems, name, s) {
		if (known_colour(name) >= 0)
			continue;
		while (next < COLOURS && taken & 1u << next)
			next++;
		if (!strcmp(name, system))
			break;
		next++;
	}
	return next % COLOURS;
}

static struct reading at(const struct chart *c, json_t *point)
{
	return reading_of(point, c->class, c->metric);
}

static double rate(json_t *point)
{
	return json_number_value(json_object_get(point, "offered_rps"));
}

static double x_of(const struct frame *f, double x)
{
	return LEFT + x / f->x_most * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct frame *f, double y)
{
	double share = (log10(y) - f->y_least) / (f->y_most - f->y_least);

	return HEIGHT - BOTTOM - fmin(fmax(share, 0), 1) * (HEIGHT - TOP - BOTTOM);
}

static int fit(const struct chart *c, struct frame *f)
{
	double least = INFINITY, most = 0, y;
	const char *name;
	json_t *s, *p;
	size_t i;

	*f = (struct frame){ 0 };
	json_object_foreach(json_object_get(c->workload, "systems"), name, s) {
		json_array_foreach(json_object_get(s, "points"), i, p) {
			y = at(c, p).at;
			if (y <= 0)
				continue;
			least = fmin(least, y);
			most = fmax(most, y);
			f->x_most = fmax(f->x_most, rate(p));
		}
	}
	if (!most)
		return 0;
	f->x_most *= 1.02;
	f->y_least = floor(log10(least));
	f->y_most = fmax(ceil(log10(most)), f->y_least + 1);
	return 1;
}

static double nice_step(double span)
{
	double raw = span / 5, ten = pow(10, floor(log10(raw)));

	return raw <= ten ? ten : raw <= 2 * ten ? 2 * ten : raw <= 5 * ten ? 5 * ten : 10 * ten;
}

void put_number(FILE *out, double x)
{
	if (x >= 1e6)
		fprintf(out, "%.3gM", x / 1e6);
	else if (x >= 1e3)
		fprintf(out, "%.3gk", x / 1e3);
	else
		fprintf(out, "%.3g", x);
}

static void put_axes(FILE *out, const struct chart *c, const struct frame *f)
{
	double step = nice_step(f->x_most), bottom = HEIGHT - BOTTOM;

	for (double d = f->y_least; d <= f->y_most; d++) {
		double y = y_of(f, pow(10, d));

		fprintf(out, "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f />", LEFT, WIDTH - RIGHT,
			y, y);
		fprintf(out, "<text class=end x=%d y=%.1f>", LEFT - 5, y + 4);
		put_number(out, pow(10, d));
		fputs("</text>", out);
	}
	for (double x = 0; x <= f->x_most; x += step) {
		fprintf(out, "<line class=tick x1=%.1f x2=%.1f y1=%.1f y2=%.1f />", x_of(f, x),
			x_of(f, x), bottom, bottom + 4);
		fprintf(out, "<text class=mid x=%.1f y=%.1f>", x_of(f, x), bottom + 16);
		put_number(out, x);
		fputs("</text>", out);
	}
	fprintf(out, "<text class=mid x=%.1f y=%d>offered requests/s</text>",
		(LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 4);
}

/* After the curves, and where they are lowest: it is to be read. */
static void put_objective(FILE *out, const struct chart *c, const struct frame *f)
{
	double y;

	if (c->limit <= 0 || log10(c->limit) < f->y_least || log10(c->limit) > f->y_most)
		return;
	y = y_of(f, c->limit);
	fprintf(out, "<line class=slo x1=%d x2=%d y1=%.1f y2=%.1f />", LEFT, WIDTH - RIGHT, y, y);
	fprintf(out, "<text class=slo x=%d y=%.1f>objective ", LEFT + 4, y - 4);
	put_number(out, c->limit);
	fputs("</text>", out);
}

/* A square on the wire, else a circle. */
static void put_mark(FILE *out, const char *kind, double x, double y, bool valid)
{
	const char *class = valid ? "" : " class=bad";

	if (strcmp(kind, "wire"))
		fprintf(out, "<circle%s cx=%.1f cy=%.1f r=2.6 />", class, x, y);
	else
		fprintf(out, "<rect%s x=%.1f y=%.1f width=5 height=5 />", class, x - 2.5, y - 2.5);
}

static void put_curve(FILE *out, const struct chart *c, const struct frame *f, json_t *points,
		      int colour, const char *kind)
{
	json_t *p;
	size_t i;

	fprintf(out, "<g class=\"s%d %s\"><polyline points=\"", colour, kind);
	json_array_foreach(points, i, p) {
		struct reading r = at(c, p);

		if (r.at > 0)
			fprintf(out, "%.1f,%.1f ", x_of(f, rate(p)), y_of(f, r.at));
	}
	fputs("\" />", out);
	json_array_foreach(points, i, p) {
		struct reading r = at(c, p);
		double x = x_of(f, rate(p));

		if (r.at <= 0)
			continue;
		if (r.low > 0 && r.high > r.low)
			fprintf(out, "<line class=bar x1=%.1f x2=%.1f y1=%.1f y2=%.1f />", x, x,
				y_of(f, r.low), y_of(f, r.high));
		put_mark(out, kind, x, y_of(f, r.at), r.holds);
	}
	fputs("</g>", out);
}

int chart_draw(FILE *out, const struct chart *c)
{
	json_t *systems = json_object_get(c->workload, "systems"), *s;
	struct frame f;
	const char *name;

	if (!fit(c, &f))
		return 0;
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=img aria-label=\"", WIDTH, HEIGHT);
	put_text(out, c->class);
	fputs(": latency over offered load\">", out);
	put_axes(out, c, &f);
	json_object_foreach(systems, name, s) put_curve(out, c, &f, json_object_get(s, "points"),
							colour_of(name, systems), kind_of(name));
	put_objective(out, c, &f);
	fputs("</svg>\n", out);
	return 1;
}
