// SPDX-License-Identifier: BSD-2-Clause
/*
 * dist.c - random numbers and the distributions of service times
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed ^ stream * 0xd1342543de82ef95;

	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&x);
}

/* Marsaglia's polar method; the second value is not kept, so a stream has no hidden state. */
static double normal_draw(struct rng *r)
{
	double u, v, s;

	do {
		u = 2 * rng_unit(r) - 1;
		v = 2 * rng_unit(r) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}

double dist_draw(const struct dist *d, struct rng *r)
{
	double u;
	int i;

	switch (d->kind) {
	case DIST_FIXED:
		return d->mean_ns;
	case DIST_EXP:
		return d->mean_ns * exp_draw(r);
	case DIST_LOGNORMAL:
		return exp(d->mu + d->sigma * normal_draw(r));
	case DIST_MODES:
		u = rng_unit(r);
		for (i = 0; i < d->nmodes - 1 && u >= d->upto[i]; i++)
			;
		return d->mode_ns[i];
	case DIST_FILE:
		return d->sample[(rng_next(r) >> 32) * d->nsample >> 32];
	}
	return 0;
}

/* The number of a file's times below ns, or up to ns; they are sorted. */
static size_t samples_upto(const struct dist *d, double ns, bool less)
{
	size_t low = 0, high = d->nsample, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (d->sample[middle] < ns || (!less && d->sample[middle] == ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

double dist_upto(const struct dist *d, double ns, bool less)
{
	double share = 0;

	switch (d->kind) {
	case DIST_FIXED:
		return d->mean_ns < ns || (!less && d->mean_ns == ns);
	case DIST_EXP:
		return 1 - exp(-ns / d->mean_ns);
	case DIST_LOGNORMAL:
		if (!(d->sigma > 0))
			return d->mean_ns < ns || (!less && d->mean_ns == ns);
		return ns > 0 ? erfc((d->mu - log(ns)) / d->sigma / sqrt(2)) / 2 : 0;
	case DIST_MODES:
		for (int i = 0; i < d->nmodes; i++) {
			if (d->mode_ns[i] < ns || (!less && d->mode_ns[i] == ns))
				share += d->upto[i] - (i ? d->upto[i - 1] : 0);
		}
		return share;
	case DIST_FILE:
		return (double)samples_upto(d, ns, less) / d->nsample;
	}
	return 0;
}

double decimal(const char *text, char **end)
{
	bool digits = (*text >= '0' && *text <= '9') || *text == '.';

	*end = (char *)text;
	return digits && text[1] != 'x' && text[1] != 'X' ? strtod(text, end) : 0;
}

int time_parse(const char *text, double *ns)
{
	static const struct { const char *unit; double ns; } units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	char *end;
	double x = decimal(text, &end);

	if (end == text || !(x >= 0) || x > 1e12)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].unit)) {
			*ns = x * units[i].ns;
			return *ns <= 3.6e12 ? 0 : -1;
		}
	}
	return -1;
}

bool time_lacks_unit(const char *text)
{
	char *end;

	decimal(text, &end);
	return end != text && !*end;
}

static int add_mode(struct dist *d, char *text, double *sum)
{
	char *colon = strchr(text, ':'), *end;
	double share, ns;

	if (!colon || d->nmodes == DIST_MODES_MAX)
		return -1;
	*colon = '\0';
	share = strtod(text, &end);
	if (*end || end == text || !(share > 0) || time_parse(colon + 1, &ns))
		return -1;
	d->upto[d->nmodes] = *sum += share;
	d->mode_ns[d->nmodes++] = ns;
	return 0;
}

enum { BAD = -1, SAID = -2 }; /* not understood; and the reason is in why already */

static int parse_modes(struct dist *d, char *args, struct why *why)
{
	double sum = 0, sq = 0, share;
	char *save = NULL;

	for (char *m = strtok_r(args, ";+", &save); m; m = strtok_r(NULL, ";+", &save)) {
		if (add_mode(d, m, &sum))
			return BAD;
	}
	if (!d->nmodes)
		return BAD;
	if (!shares_add_up(sum)) {
		why_fail(why, -1, "the shares of modes(…) add up to %g: make them 1, or 100", sum);
		return SAID;
	}
	for (int i = 0; i < d->nmodes; i++) {
		share = (d->upto[i] - (i ? d->upto[i - 1] : 0)) / sum;
		d->mean_ns += share * d->mode_ns[i];
		sq += share * d->mode_ns[i] * d->mode_ns[i];
	}
	for (int i = 0; i < d->nmodes; i++)
		d->upto[i] /= sum;
	d->kind = DIST_MODES;
	d->scv = d->mean_ns > 0 ? sq / (d->mean_ns * d->mean_ns) - 1 : 0;
	return 0;
}

static int parse_lognormal(struct dist *d, char *args, struct why *why)
{
	char *comma = strpbrk(args, ";+");
	double sd;

	if (!comma)
		return BAD;
	*comma = '\0';
	if (time_parse(args, &d->mean_ns) || time_parse(comma + 1, &sd) || !(d->mean_ns > 0))
		return BAD;
	d->kind = DIST_LOGNORMAL;
	d->scv = sd * sd / (d->mean_ns * d->mean_ns);
	d->sigma = sqrt(log1p(d->scv));
	d->mu = log(d->mean_ns) - d->sigma * d->sigma / 2;
	return 0;
}

static int grow(struct dist *d, size_t *room)
{
	double *more;

	if (d->nsample < *room)
		return 0;
	*room = *room ? *room * 2 : 1024;
	more = reallocarray(d->sample, *room, sizeof(*more));
	if (!more)
		return -1;
	d->sample = more;
	return 0;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int parse_file(struct dist *d, char *path, struct why *why)
{
	double sum = 0, sq = 0, us;
	size_t room = 0, line = 0;
	char buf[128], *end;
	FILE *f = open_to_read(path, why);

	if (!f)
		return SAID;
	while (fgets(buf, sizeof(buf), f)) {
		line++;
		buf[strcspn(buf, "\r\n")] = '\0';
		us = decimal(buf, &end);
		if (!*buf || *buf == '#')
			continue;
		if (end == buf || end[strspn(end, " \t")] || us > 1e9 || grow(d, &room)) {
			why_fail(why, -1,
				 "'%s' line %zu is '%.40s': give one time in microseconds a line, "
				 "without a unit",
				 path, line, buf);
			fclose(f);
			return SAID;
		}
		d->sample[d->nsample++] = us * 1e3;
		sum += us * 1e3;
		sq += us * us * 1e6;
	}
	fclose(f);
	if (!d->nsample || !(sum > 0)) {
		why_fail(why, -1, "'%s' holds no times", path);
		return SAID;
	}
	qsort(d->sample, d->nsample, sizeof(d->sample[0]), ascending);
	d->kind = DIST_FILE;
	d->mean_ns = sum / d->nsample;
	d->scv = sq / d->nsample / (d->mean_ns * d->mean_ns) - 1;
	return 0;
}

static int parse_exp(struct dist *d, char *args, struct why *why)
{
	d->kind = DIST_EXP;
	d->scv = 1;
	return time_parse(args, &d->mean_ns) ? BAD : 0;
}

static int parse_call(struct dist *d, char *name, struct why *why)
{
	static const struct {
		const char *name;
		int (*parse)(struct dist *d, char *args, struct why *why);
	} kinds[] = { { "exp", parse_exp }, { "lognormal", parse_lognormal },
		      { "modes", parse_modes },
		      { "file", parse_file } };
	char *args = strchr(name, '('), *end = strrchr(args, ')');

	if (!end || end[1])
		return BAD;
	*args++ = *end = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(name, kinds[i].name))
			return kinds[i].parse(d, args, why);
	}
	return BAD;
}

int dist_parse(struct dist *d, const char *text, struct why *why)
{
	char buf[SIM_TEXT];
	int res;

	memset(d, 0, sizeof(*d));
	snprintf(buf, sizeof(buf), "%s", text);
	if (strchr(buf, '('))
		res = parse_call(d, buf, why);
	else
		res = time_parse(buf, &d->mean_ns) ? BAD : 0;
	if (!res && d->mean_ns > 0)
		return 0;
	dist_free(d);
	if (time_lacks_unit(text))
		return why_fail(why, -1, "'%s' has no unit: write %sus", text, text);
	return res == SAID ? -1
			   : why_fail(why, -1,
				      "'%s' is no service time (a time with its unit, 1us, "
				      "exp(1us), lognormal(1us;10us), "
				      "modes(0.995:500ns;0.005:500us), file(PATH))",
				      text);
}

void dist_free(struct dist *d)
{
	free(d->sample);
	d->sample = NULL;
}
