// SPDX-License-Identifier: BSD-2-Clause
/*
 * dist.c - random numbers that a seed repeats, and the distributions drawn from them
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dist.h"

#define LONGEST_NS 4e9 /* what 32 bits hold */

uint64_t rng_next(struct rng *r) /* splitmix64 */
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

double rng_uniform(struct rng *r)
{
	return (rng_next(r) >> 11) * 0x1p-53;
}

double rng_exp(struct rng *r, double mean)
{
	return -log(1 - rng_uniform(r)) * mean;
}

/* Box and Muller's, without keeping the second number: draws depend on nothing before them. */
static double rng_normal(struct rng *r)
{
	double u = 1 - rng_uniform(r), v = rng_uniform(r);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

double parse_ns(const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	double t = strtod(text, &end);

	if (end == text || !isfinite(t) || t < 0)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].unit))
			return t * units[i].ns;
	}
	return t == 0 && !*end ? 0 : -1;
}

static int read_samples(struct dist *d, const char *path, struct why *why)
{
	FILE *f = fopen(path, "r");
	char line[128], *end;
	double us, sum = 0;
	size_t have = 0;
	int nr = 0, err = 0;

	if (!f)
		return why_fail(why, -EINVAL, "cannot read '%s': %s", path, strerror(errno));
	while (!err && fgets(line, sizeof(line), f)) {
		nr++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		us = strtod(line, &end);
		if (end == line || (*end && *end != '\n') || !(us >= 0 && us * 1e3 <= LONGEST_NS)) {
			err = why_fail(why, -EINVAL, "'%s', line %d: no time in us", path, nr);
			break;
		}
		if (d->samples == have) {
			double *more = realloc(d->sample, (have = have * 2 + 64) * sizeof(*more));

			if (!more) {
				err = why_fail(why, -EINVAL, "'%s': too long for memory", path);
				break;
			}
			d->sample = more;
		}
		d->sample[d->samples++] = us * 1e3;
		sum += us * 1e3;
	}
	fclose(f);
	if (!err && !d->samples)
		err = why_fail(why, -EINVAL, "'%s' has no times", path);
	d->mean_ns = d->samples ? sum / d->samples : 0;
	return err;
}

int dist_parse(struct dist *d, const char *text, struct why *why)
{
	char time[64] = "", sigma[32] = "", *end = sigma;

	*d = (struct dist){ .kind = DIST_FIXED };
	if (!strncmp(text, "file:", 5)) {
		d->kind = DIST_SAMPLES;
		return read_samples(d, text + 5, why);
	}
	if (!strncmp(text, "exp:", 4)) {
		d->kind = DIST_EXP;
		text += 4;
	} else if (sscanf(text, "lognormal:%63[^:]:%31s", time, sigma) == 2) {
		d->kind = DIST_LOGNORMAL;
		d->sigma = strtod(sigma, &end);
		text = time;
	} else if (!strncmp(text, "fixed:", 6)) {
		text += 6;
	}
	d->mean_ns = parse_ns(text);
	if (d->mean_ns < 0 || d->mean_ns > LONGEST_NS || *end ||
	    !(d->sigma >= 0 && d->sigma < 10))
		return why_fail(why, -EINVAL,
				"what is '%s'? (a time as in 5us, exp:5us, lognormal:5us:1.5, "
				"file:PATH)",
				text);
	return 0;
}

void dist_free(struct dist *d)
{
	free(d->sample);
	*d = (struct dist){ 0 };
}

uint32_t dist_draw(const struct dist *d, struct rng *r)
{
	double ns = d->mean_ns;

	if (d->kind == DIST_EXP)
		ns = rng_exp(r, d->mean_ns);
	else if (d->kind == DIST_LOGNORMAL) /* its mean is exp(mu + sigma^2 / 2) */
		ns = d->mean_ns * exp(d->sigma * rng_normal(r) - d->sigma * d->sigma / 2);
	else if (d->kind == DIST_SAMPLES)
		ns = d->sample[(size_t)(rng_uniform(r) * d->samples)];
	return ns < LONGEST_NS ? lround(ns) : LONGEST_NS;
}

int zipf_init(struct zipf *z, size_t n, double theta)
{
	double sum = 0;

	z->upto = malloc(n * sizeof(*z->upto));
	if (!z->upto)
		return -ENOMEM;
	z->n = n;
	for (size_t k = 0; k < n; k++)
		z->upto[k] = sum += pow(k + 1, -theta);
	return 0;
}

void zipf_free(struct zipf *z)
{
	free(z->upto);
	*z = (struct zipf){ 0 };
}

size_t zipf_draw(const struct zipf *z, struct rng *r)
{
	double at = rng_uniform(r) * z->upto[z->n - 1];
	size_t low = 0, high = z->n - 1;

	while (low < high) { /* the first whose sum is above */
		size_t mid = (low + high) / 2;

		if (z->upto[mid] > at)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}
