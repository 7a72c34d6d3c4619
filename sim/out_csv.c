// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_csv.c - results as CSV (RFC 4180): a line for each class of each run
 */
#include <math.h>
#include <string.h>

#include "out.h"

/* With quotes if it has something in it that would end the field. */
void csv_text(FILE *to, const char *text, bool first)
{
	if (!first)
		fputc(',', to);
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

void csv_number(FILE *to, double x)
{
	if (isnan(x))
		fputc(',', to);
	else
		fprintf(to, ",%.6g", x);
}

static void csv_line(const struct point *p, int k, FILE *to)
{
	static const char *const values[] = { "mean_us", "wait_us", "p50_us", "p90_us", "p99_us",
					      "p999_us" };
	const struct class_result *c = &p->r.cls[k];

	csv_text(to, p->system, true);
	csv_text(to, p->c.policy->name, false);
	csv_text(to, p->c.w->text, false);
	fprintf(to, ",%d,%g,%g,%llu", p->c.cores, p->load, quantum_of(p),
		(unsigned long long)p->c.seed);
	csv_text(to, class_name(p, k), false);
	fprintf(to, ",%llu,%llu,%llu,%llu,%llu,%.6g", (unsigned long long)c->arrived,
		(unsigned long long)c->done, (unsigned long long)c->dropped,
		(unsigned long long)c->rejected, (unsigned long long)c->lost, p->r.throughput);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		csv_number(to, metric_of(p, values[i], k));
	csv_number(to, c->done ? c->sojourn.max / 1e3 : NAN);
	csv_number(to, metric_of(p, "slowdown", k));
	csv_number(to, metric_of(p, "slowdown_p99", k));
	fprintf(to, ",%.6g,%llu,%llu,%s", p->r.busy, (unsigned long long)p->r.preempted,
		(unsigned long long)p->r.stolen, state_of(p));
	for (int i = 0; i < MEASURED; i++)
		csv_number(to, metric_half(p, out_metrics[i].name, k));
	csv_number(to, metric_of(p, "miss", k));
	csv_number(to, metric_of(p, "slowdown_p50", k));
	csv_number(to, metric_of(p, "slowdown_p999", k));
	fprintf(to, ",%llu", (unsigned long long)c->expired);
	calls_csv(p, to);
	staged_csv(p, to);
	fputc('\n', to);
}

void out_csv(const struct sweep *s, FILE *to)
{
	fprintf(to, "system,policy,workload,cores,load,quantum_us,seed,class,arrived,done,dropped,"
		    "rejected,lost,throughput,mean_us,wait_us,p50_us,p90_us,p99_us,p999_us,max_us,"
		    "slowdown,slowdown_p99,busy,preempted,stolen,state");
	for (int i = 0; i < MEASURED; i++)
		fprintf(to, ",%s_half", out_metrics[i].name);
	fputs(",miss,slowdown_p50,slowdown_p999,expired", to);
	calls_csv_head(to);
	staged_csv_head(to);
	fputc('\n', to);
	for (int i = 0; i < s->n; i++) {
		for (int k = first_line(&s->p[i]); s->p[i].r.complete && k <= s->p[i].r.nclasses;
		     k++)
			csv_line(&s->p[i], k, to);
	}
}
