// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_table.c - results as a table: a line for each class of each run
 */
#include <math.h>
#include <string.h>

#include "out.h"
#include "table.h"

static const char *const columns[][2] = {
	{ "mean_us", "mean us" }, { "p50_us", "p50 us" }, { "p99_us", "p99 us" },
	{ "p999_us", "p99.9 us" }, { "slowdown_p99", "slow p99" },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

enum { SYSTEM, POLICY, CORES, LOAD, QUANTUM, CLASS, RATE, LOST = RATE + COLUMNS + 1 };

/* The metric that was asked for, where no column has it; else NULL. The rate is the throughput. */
static const char *asked_for(const struct sweep *s)
{
	for (size_t i = 0; s->metric && i < COLUMNS; i++) {
		if (!strcmp(s->metric, columns[i][0]))
			return NULL;
	}
	return s->metric && strcmp(s->metric, "throughput") ? s->metric : NULL;
}

static void heading(struct table *t, const char *asked)
{
	static const char *const names[] = { "system", "policy", "cores", "load", "quantum",
					     "class", "M/s" };
	int state = LOST + 1 + !!asked;

	t->left = 1U << SYSTEM | 1U << POLICY | 1U << CLASS | 1U << state;
	table_begin(t);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		table_cell(t, "%s", names[i]);
	for (size_t i = 0; i < COLUMNS; i++)
		table_cell(t, "%s", columns[i][1]);
	if (asked)
		table_cell(t, "%s", asked);
	table_cell(t, "lost");
}

/* A metric without an interval is one of the whole run, but drops. */
static void asked_cell(struct table *t, const struct point *p, int k, const char *asked)
{
	double x = metric_of(p, asked, k);
	char text[NUMBER_TEXT];

	if (metric_quantity(asked) >= 0)
		table_cell(t, "%s", number_text(text, x, metric_half(p, asked, k)));
	else if (k < p->r.nclasses && strcmp(asked, "dropped"))
		table_cell(t, "%s", "");
	else if (isnan(x))
		table_cell(t, "%s", "-");
	else
		table_cell(t, "%.4g", x);
}

static void class_line(struct table *t, const struct point *p, int k, const char *asked)
{
	const struct class_result *c = &p->r.cls[k];
	const char *state = state_of(p);
	char text[NUMBER_TEXT];

	table_begin(t);
	table_cell(t, "%s", p->system);
	table_cell(t, "%s", p->c.policy->name);
	table_cell(t, "%d", p->c.cores);
	table_cell(t, "%.3g", p->load);
	table_cell(t, "%.4g", quantum_of(p));
	table_cell(t, "%s", class_name(p, k));
	if (k == p->r.nclasses)
		table_cell(t, "%.4g", p->r.throughput / 1e6);
	else
		table_cell(t, "%s", "");
	for (size_t i = 0; i < COLUMNS; i++)
		table_cell(t, "%s", number_text(text, metric_of(p, columns[i][0], k),
						metric_half(p, columns[i][0], k)));
	if (asked)
		asked_cell(t, p, k, asked);
	table_cell(t, "%llu", (unsigned long long)(c->arrived - c->done));
	table_cell(t, "%s", strcmp(state, "ok") ? state : "");
}

/* How unequal domains are, where a real hash spreads flows over them. */
static void domains_line(struct table *t, const struct point *p)
{
	const struct domain_result *d = p->r.domain;
	double most = 0, least = INFINITY, busiest = 0, all = 0;

	for (int i = 0; i < p->r.ndomains; i++) {
		all += d[i].arrived;
		most = fmax(most, d[i].arrived);
		least = fmin(least, d[i].arrived);
		busiest = fmax(busiest, d[i].busy);
	}
	if (p->c.w->rss && p->r.ndomains > 1)
		table_text(t,
			   "  the %d domains get %.2f to %.2f times an even share; the busiest is "
			   "%.0f %% busy",
			   p->r.ndomains, least * p->r.ndomains / all, most * p->r.ndomains / all,
			   100 * busiest);
}

void out_table(const struct sweep *s, FILE *to)
{
	/* points are in the order of their workloads */
	bool several = s->n && s->p[0].c.w != s->p[s->n - 1].c.w;
	const char *asked = asked_for(s);
	struct table t = { 0 };

	heading(&t, asked);
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		if (several && (!i || p->c.w != s->p[i - 1].c.w))
			table_text(&t, "%s:", p->c.w->text);
		if (!p->r.complete)
			continue;
		for (int k = first_line(p); k <= p->r.nclasses; k++)
			class_line(&t, p, k, asked);
		calls_table(p, &t);
		staged_table(p, &t);
		domains_line(&t, p);
		services_table(p, &t);
	}
	table_print(&t, to);
	table_free(&t);
}
