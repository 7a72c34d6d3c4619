// SPDX-License-Identifier: BSD-2-Clause
/*
 * summary_json.c - a summary as one object of JSON; what cannot be said is null
 */
#include <math.h>

#include "clean.h"

static void number(FILE *f, const char *name, double x)
{
	if (isfinite(x))
		fprintf(f, "\"%s\":%.3f", name, x);
	else
		fprintf(f, "\"%s\":null", name);
}

static void estimates(FILE *f, const char *name, const struct estimate *e)
{
	fprintf(f, "\"%s\":{", name);
	for (int q = 0; q < CLEAN_QUANTILES; q++) {
		fprintf(f, "%s\"%s_us\":{", q ? "," : "", clean_quantile_name[q]);
		number(f, "at", e[q].at);
		fputc(',', f);
		number(f, "low", e[q].low);
		fputc(',', f);
		number(f, "high", e[q].high);
		fputc('}', f);
	}
	fputc('}', f);
}

static void side(FILE *f, const char *name, const struct side *s)
{
	fprintf(f, "\"%s\":{\"gaps_s\":%.1f,\"share\":%.5f,\"mean_us\":%.1f,\"in_batch\":%.3f}",
		name, s->each_s, s->share,
		s->mean_us, s->in_batch);
}

void summary_json(FILE *f, const struct summary *s)
{
	static const char *const noted[] = { [NOTED_NOT] = "no", [NOTED_PARTLY] = "partly",
					     [NOTED] = "yes" };

	fprintf(f, "{\"windows\":%zu,\"clean_windows\":%zu,\"requests\":%zu,\"kept\":%.4f,"
		"\"kept_lost\":%zu,", s->windows, s->clean_windows, s->due,
		s->due ? (double)s->kept / s->due : 0, s->lost);
	if (s->slo_ns)
		fprintf(f, "\"in_time\":%zu,", s->in_time);
	number(f, "answered_p99_us", s->answered_p99);
	fputc(',', f);
	estimates(f, "clean", s->clean);
	fputc(',', f);
	estimates(f, "raw", s->raw);
	fputs(",\"placebo\":{", f);
	number(f, "p99_us", s->placebo_p99);
	fprintf(f, ",\"kept\":%.4f},\"widened\":{", s->placebo_kept);
	number(f, "p99_us", s->widened_p99);
	fprintf(f, ",\"kept\":%.4f},", s->widened_kept);
	side(f, "client", &s->client);
	fputc(',', f);
	side(f, "server", &s->server);
	fprintf(f, ",\"server_notes_gaps\":\"%s\",\"overloaded_windows\":%zu,"
		"\"untold_windows\":%zu,\"kept_late\":%zu,\"comparable\":%s,\"why\":\"%s\"}",
		noted[s->noted], s->overloaded, s->untold, s->late, s->why[0] ? "false" : "true",
		s->why);
}
