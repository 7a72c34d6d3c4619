// SPDX-License-Identifier: BSD-2-Clause
/*
 * cdf.c - whole distributions of sojourns, as CSV: a line a quantile, closer and closer to 1
 */
#include "out.h"

/* Quantiles are written as far up as ten requests lie beyond. */
#define BEYOND 10

static void line(const struct point *p, int k, double q, FILE *to)
{
	const struct class_result *c = &p->r.cls[k];

	csv_text(to, p->system, true);
	csv_text(to, p->c.policy->name, false);
	fprintf(to, ",%d,%g,%g,%llu", p->c.cores, p->load,
		p->c.quantum_us < 0 ? p->c.costs.quantum_us : p->c.quantum_us,
		(unsigned long long)p->c.seed);
	csv_text(to, class_name(p, k), false);
	fprintf(to, ",%.7g,%.6g,%u,%d\n", q, hist_quantile(&c->sojourn, q) / 1e3,
		p->c.calls.clients, p->c.calls.fanout ? p->c.calls.fanout : 1);
}

static void class_cdf(const struct point *p, int k, FILE *to)
{
	uint64_t n = p->r.cls[k].sojourn.n;

	for (int i = 1; i < 90 && n; i++)
		line(p, k, i / 100.0, to);
	/* 0.90 to 0.98, 0.990 to 0.998, … */
	for (double rest = 0.1; n * rest >= BEYOND; rest /= 10) {
		for (int i = 10; i > 1 && n * rest * i / 10 >= BEYOND; i--)
			line(p, k, 1 - rest * i / 10, to);
	}
}

void out_cdf(const struct sweep *s, FILE *to)
{
	fputs("system,policy,cores,load,quantum_us,seed,class,quantile,us,clients,fanout\n", to);
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		for (int k = p->r.nclasses == 1; p->r.complete && k <= p->r.nclasses; k++)
			class_cdf(p, k, to);
	}
}
