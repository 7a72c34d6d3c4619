// SPDX-License-Identifier: BSD-2-Clause
/*
 * staged_out.c - what an agent's decisions came to: a line below a run's, columns of CSV, an object
 * of JSON
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "out.h"
#include "table.h"

static double share(uint64_t n, uint64_t of) { return of ? (double)n / of : 0; }

double staged_metric(const struct point *p, const char *metric)
{
	const struct staged_result *r = p->r.staged;

	if (!strcmp(metric, "fallback"))
		return share(r->fallback, r->taken + r->fallback);
	if (!strcmp(metric, "stale"))
		return share(r->stale, r->made);
	return strcmp(metric, "agent_busy") ? NAN : r->agent_busy;
}

void staged_table(const struct point *p, struct table *t)
{
	if (!p->r.staged)
		return;
	table_text(t,
		   "  by decisions of the agent %.4g %%, by the cores' own %.4g %%; of its "
		   "decisions %.3g %% were stale; the agent was busy for %.3g %% of its time",
		   100 - 100 * staged_metric(p, "fallback"), 100 * staged_metric(p, "fallback"),
		   100 * staged_metric(p, "stale"), 100 * p->r.staged->agent_busy);
}

void staged_csv_head(FILE *to)
{
	fputs(",taken,fallback,stale,agent_busy", to);
}

void staged_csv(const struct point *p, FILE *to)
{
	const struct staged_result *r = p->r.staged;

	if (!r)
		fputs(",,,,", to);
	else
		fprintf(to, ",%llu,%llu,%llu,%.6g", (unsigned long long)r->taken,
			(unsigned long long)r->fallback, (unsigned long long)r->stale,
			r->agent_busy);
}

json_t *staged_json(const struct point *p)
{
	const struct staged_result *r = p->r.staged;

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "inserted",
			 (json_int_t)r->inserted, "taken", (json_int_t)r->taken, "fallback",
			 (json_int_t)r->fallback, "refused", (json_int_t)r->refused, "made",
			 (json_int_t)r->made, "stale", (json_int_t)r->stale, "left",
			 (json_int_t)r->left, "agent_busy", r->agent_busy);
}
