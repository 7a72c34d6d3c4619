// SPDX-License-Identifier: BSD-2-Clause
/*
 * rates.c - shapes: read, and followed by arrivals
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rates.h"
#include "sim.h"

#define KNOTS 100000     /* in a file */
#define SINE_KNOTS 64
#define FACTOR_MOST 1000

static int add_knot(struct shape *s, double ns, double factor)
{
	double *at, *of;

	if (s->n == 2 * KNOTS)
		return -1;
	if (!(s->n & (s->n + 1))) { /* room for 1, 3, 7, … */
		at = realloc(s->at_ns, 2 * (s->n + 1) * sizeof(*at));
		if (at)
			s->at_ns = at;
		of = realloc(s->factor, 2 * (s->n + 1) * sizeof(*of));
		if (of)
			s->factor = of;
		if (!at || !of)
			return -1;
	}
	s->at_ns[s->n] = ns;
	s->factor[s->n++] = factor;
	return 0;
}

/* Adds a place to the shape, later than the ones before it; as a step, the factor before holds up
 * to there. */
static int add_place(struct shape *s, const char *time, const char *number, bool step,
		     struct why *why)
{
	double ns, factor;
	char *end;

	factor = strtod(number, &end);
	if (end == number || end[strspn(end, " \t\r\n")] || !(factor >= 0) || factor > FACTOR_MOST)
		return why_fail(why, -1, "'%s' is no factor of the rate (0 to %d)", number,
				FACTOR_MOST);
	if (time_parse(time, &ns))
		return why_fail(why, -1, "'%s' is no time", time);
	if (s->n && ns <= s->at_ns[s->n - 1])
		return why_fail(why, -1, "%s does not come after the time before it", time);
	if (!s->n && ns > 0 && add_knot(s, 0, factor))
		return why_fail(why, -1, "no memory");
	if ((s->n && step && add_knot(s, ns, s->factor[s->n - 1])) || add_knot(s, ns, factor))
		return why_fail(why, -1, "no memory, or more than %d steps", KNOTS);
	return 0;
}

static int add_places(struct shape *s, char *args, bool step, struct why *why)
{
	char *save = NULL, *colon;

	for (char *w = strtok_r(args, ";", &save); w; w = strtok_r(NULL, ";", &save)) {
		colon = strchr(w, ':');
		if (!colon)
			return why_fail(why, -1, "'%s' is not TIME:FACTOR", w);
		*colon = '\0';
		if (add_place(s, w, colon + 1, step, why))
			return -1;
	}
	return 0;
}

/* Constant time between knots i and i + 1, of the whole or of a part of it. */
static double area(const struct shape *s, int i, double len)
{
	double whole = s->at_ns[i + 1] - s->at_ns[i];
	double slope = whole > 0 ? (s->factor[i + 1] - s->factor[i]) / whole : 0;

	return len * (s->factor[i] + slope * len / 2);
}

static int add_sine(struct shape *s, char *args, struct why *why)
{
	char *second = strchr(args, ';'), *end = args;
	double x = 0;

	if (second) {
		*second++ = '\0';
		x = strtod(second, &end);
	}
	if (!second || time_parse(args, &s->period_ns) || !(s->period_ns > 0) || *end || !(x > 0) ||
	    x > 1)
		return why_fail(why, -1,
				"sine(PERIOD;SHARE) needs a time, and how far the rate goes up and "
				"down (0 to 1)");
	for (int i = 0; i <= SINE_KNOTS; i++) {
		if (add_knot(s, s->period_ns * i / SINE_KNOTS,
			     1 + x * sin(2 * M_PI * i / SINE_KNOTS)))
			return why_fail(why, -1, "no memory");
	}
	for (int i = 0; i < SINE_KNOTS; i++)
		s->period_area += area(s, i, s->at_ns[i + 1] - s->at_ns[i]);
	return 0;
}

static int add_file(struct shape *s, const char *path, struct why *why)
{
	char line[128], *gap;
	FILE *f = open_to_read(path, why);
	int n = 0, bad = 0;

	if (!f)
		return -1;
	while (!bad && fgets(line, sizeof(line), f)) {
		n++;
		line[strcspn(line, "\r\n")] = '\0';
		if (*line == '#' || !line[strspn(line, " \t")])
			continue;
		gap = strpbrk(line, " \t,");
		if (gap)
			*gap++ = '\0';
		bad = gap ? add_place(s, line, gap, true, why)
			  : why_fail(why, -1, "is not 'TIME FACTOR'");
	}
	fclose(f);
	if (bad)
		why_context(why, "'%s' line %d", path, n);
	return bad;
}

static int parse(struct shape *s, char *text, struct why *why)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');

	if (!open || !close || close < open || close[1])
		return why_fail(why, -1,
				"'%s' is no shape: steps(TIME:FACTOR;…), ramp(TIME:FACTOR;…), "
				"sine(PERIOD;SHARE) or file(PATH)",
				text);
	*open++ = *close = '\0';
	if (!strcmp(text, "steps") || !strcmp(text, "ramp"))
		return add_places(s, open, *text == 's', why);
	if (!strcmp(text, "sine"))
		return add_sine(s, open, why);
	if (!strcmp(text, "file"))
		return add_file(s, open, why);
	return why_fail(why, -1, "no shape is called '%s': steps, ramp, sine, file", text);
}

int shape_parse(struct shape *s, const char *text, struct why *why)
{
	char *copy = strdup(text);
	int res = copy ? 0 : why_fail(why, -1, "no memory");

	memset(s, 0, sizeof(*s));
	if (!res)
		res = parse(s, copy, why);
	free(copy);
	if (!res && !s->n)
		res = why_fail(why, -1, "'%s' is empty", text);
	if (!res && !s->period_ns && !(s->factor[s->n - 1] > 0))
		res = why_fail(why, -1,
			       "the last factor of '%s' is 0: nothing would arrive from then on",
			       text);
	if (res)
		shape_free(s);
	return res;
}

void shape_free(struct shape *s)
{
	free(s->at_ns);
	free(s->factor);
	memset(s, 0, sizeof(*s));
}

void shape_begin(struct shape_place *p, const struct shape *s)
{
	*p = (struct shape_place){ .s = s };
}

static double whole_area(const struct shape *s, int i)
{
	return area(s, i, s->at_ns[i + 1] - s->at_ns[i]);
}

double shape_when(struct shape_place *p, double constant_ns)
{
	const struct shape *s = p->s;
	double rest, slope, whole, periods;

	for (;;) {
		if (p->i == s->n - 1 && s->period_ns) { /* and what lies within no period at all */
			periods = 1 + floor((constant_ns - p->passed) / s->period_area);
			p->from_ns += periods * s->period_ns;
			p->passed += (periods - 1) * s->period_area;
			p->i = 0;
		}
		rest = constant_ns - p->passed;
		if (p->i == s->n - 1)
			return s->at_ns[p->i] + rest / s->factor[p->i];
		whole = whole_area(s, p->i);
		if (rest <= whole)
			break;
		p->passed += whole;
		p->i++;
	}
	if (!(rest > 0))
		return p->from_ns + s->at_ns[p->i];
	slope = (s->factor[p->i + 1] - s->factor[p->i]) / (s->at_ns[p->i + 1] - s->at_ns[p->i]);
	/* rest = factor x + slope x^2 / 2 */
	return p->from_ns + s->at_ns[p->i] +
	       2 * rest /
		       (s->factor[p->i] +
			sqrt(fmax(s->factor[p->i] * s->factor[p->i] + 2 * slope * rest, 0)));
}

double shape_until(const struct shape *s, double ns)
{
	double sum = 0, left = ns, len;

	if (s->period_ns) {
		sum = floor(ns / s->period_ns) * s->period_area;
		left = fmod(ns, s->period_ns);
	}
	for (int i = 0; i < s->n - 1 && left > 0; i++) {
		len = fmin(left, s->at_ns[i + 1] - s->at_ns[i]);
		sum += area(s, i, len);
		left -= len;
	}
	return sum + (left > 0 ? left * s->factor[s->n - 1] : 0);
}
