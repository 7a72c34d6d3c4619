// SPDX-License-Identifier: BSD-2-Clause
/*
 * out.c - results as a table, CSV and JSON
 */
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "sweep.h"

static double quantile_us(const struct class_result *c, double q)
{
	return c->done ? hist_quantile(&c->sojourn, q) / 1e3 : NAN;
}

static const struct {
	const char *name;
	double quantile;
} quantiles[] = { { "p50_us", 0.5 }, { "p90_us", 0.9 }, { "p99_us", 0.99 }, { "p999_us", 0.999 } };

static const char *const others[] = { "mean_us", "wait_us", "slowdown", "slowdown_p99", "slowdown_p999",
				      "throughput", "dropped", NULL };

bool metric_known(const char *metric)
{
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		if (!strcmp(metric, quantiles[i].name))
			return true;
	}
	for (int i = 0; others[i]; i++) {
		if (!strcmp(metric, others[i]))
			return true;
	}
	return false;
}

/* NAN: not measured. cls < 0: all. */
double metric_of(const struct point *p, const char *metric, int cls)
{
	const struct class_result *c;

	if (!p->r.complete)
		return NAN;
	c = &p->r.cls[cls < 0 ? p->r.nclasses : cls];
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		if (!strcmp(metric, quantiles[i].name))
			return quantile_us(c, quantiles[i].quantile);
	}
	if (!strcmp(metric, "throughput"))
		return p->r.throughput;
	if (!strcmp(metric, "dropped"))
		return c->dropped;
	if (!c->done)
		return NAN;
	if (!strcmp(metric, "mean_us"))
		return c->sojourn_ns / 1e3;
	if (!strcmp(metric, "wait_us"))
		return c->wait_ns / 1e3;
	if (!strcmp(metric, "slowdown"))
		return c->slowdown;
	if (!strcmp(metric, "slowdown_p99"))
		return hist_quantile(&c->slow, 0.99) / 64;
	if (!strcmp(metric, "slowdown_p999"))
		return hist_quantile(&c->slow, 0.999) / 64;
	return NAN;
}

static double quantum(const struct point *p)
{
	if (!preempts(&p->c) || p->c.policy->ideal)
		return 0;
	return p->c.quantum_us < 0 ? p->c.costs.quantum_us : p->c.quantum_us;
}

static const char *class_name(const struct point *p, int cls)
{
	return cls == p->r.nclasses ? "all" : p->c.w->cls[cls].name;
}

/* One class needs no line of its own beside "all". */
static int first_line(const struct point *p)
{
	return p->r.nclasses == 1 ? 1 : 0;
}

static void cell(FILE *to, double x)
{
	if (isnan(x))
		fprintf(to, " %9s", "-");
	else
		fprintf(to, x < 100 ? " %9.2f" : x < 1e6 ? " %9.1f" : " %9.3g", x);
}

void out_table(const struct sweep *s, FILE *to)
{
	fprintf(to, "%-10s %-10s %5s %5s %7s %-8s %9s %9s %9s %9s %9s %9s %9s %s\n", "system", "policy",
		"cores", "load", "quantum", "class", "M/s", "mean us", "p50 us", "p99 us", "p99.9 us",
		"slow p50", "slow p99", "lost");
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		if (!p->r.complete)
			continue;
		for (int k = first_line(p); k <= p->r.nclasses; k++) {
			const struct class_result *c = &p->r.cls[k];
			uint64_t lost = c->arrived - c->done;

			fprintf(to, "%-10.10s %-10.10s %5d %5.3g %7.4g %-8.8s", p->system,
				p->c.policy->name, p->c.cores, p->load, quantum(p), class_name(p, k));
			if (k == p->r.nclasses)
				cell(to, p->r.throughput / 1e6);
			else
				fprintf(to, " %9s", "");
			cell(to, c->done ? c->sojourn_ns / 1e3 : NAN);
			cell(to, quantile_us(c, 0.5));
			cell(to, quantile_us(c, 0.99));
			cell(to, quantile_us(c, 0.999));
			cell(to, c->done ? hist_quantile(&c->slow, 0.5) / 64 : NAN);
			cell(to, c->done ? hist_quantile(&c->slow, 0.99) / 64 : NAN);
			fprintf(to, " %llu\n", (unsigned long long)lost);
		}
	}
}

void out_csv(const struct sweep *s, FILE *to)
{
	fprintf(to, "system,policy,workload,cores,load,quantum_us,seed,class,arrived,done,dropped,rejected,"
		"lost,throughput,mean_us,wait_us,p50_us,p90_us,p99_us,p999_us,max_us,slowdown,slowdown_p99,"
		"busy,preempted,stolen\n");
	for (int i = 0; i < s->n; i++) {
		const struct point *p = &s->p[i];

		if (!p->r.complete)
			continue;
		for (int k = first_line(p); k <= p->r.nclasses; k++) {
			const struct class_result *c = &p->r.cls[k];

			fprintf(to, "%s,%s,\"%s\",%d,%g,%g,%llu,%s,%llu,%llu,%llu,%llu,%llu,%.6g", p->system,
				p->c.policy->name, p->c.w->text, p->c.cores, p->load, quantum(p),
				(unsigned long long)p->c.seed, class_name(p, k),
				(unsigned long long)c->arrived, (unsigned long long)c->done,
				(unsigned long long)c->dropped, (unsigned long long)c->rejected,
				(unsigned long long)c->lost, p->r.throughput);
			if (c->done)
				fprintf(to, ",%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g", c->sojourn_ns / 1e3,
					c->wait_ns / 1e3, quantile_us(c, 0.5), quantile_us(c, 0.9),
					quantile_us(c, 0.99), quantile_us(c, 0.999), c->sojourn.max / 1e3,
					c->slowdown, hist_quantile(&c->slow, 0.99) / 64);
			else
				fprintf(to, ",,,,,,,,,");
			fprintf(to, ",%.6g,%llu,%llu\n", p->r.busy, (unsigned long long)p->r.preempted,
				(unsigned long long)p->r.stolen);
		}
	}
}

static json_t *class_json(const struct point *p, int k)
{
	const struct class_result *c = &p->r.cls[k];
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "class", class_name(p, k), "arrived",
			      (json_int_t)c->arrived, "done", (json_int_t)c->done, "dropped",
			      (json_int_t)c->dropped, "rejected", (json_int_t)c->rejected, "lost",
			      (json_int_t)c->lost);

	if (!o || !c->done) /* what was not measured is absent */
		return o;
	json_object_set_new(o, "mean_us", json_real(c->sojourn_ns / 1e3));
	json_object_set_new(o, "wait_us", json_real(c->wait_ns / 1e3));
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		json_object_set_new(o, quantiles[i].name, json_real(quantile_us(c, quantiles[i].quantile)));
	json_object_set_new(o, "max_us", json_real(c->sojourn.max / 1e3));
	json_object_set_new(o, "slowdown", json_real(c->slowdown));
	json_object_set_new(o, "slowdown_p99", json_real(hist_quantile(&c->slow, 0.99) / 64));
	json_object_set_new(o, "slowdown_p999", json_real(hist_quantile(&c->slow, 0.999) / 64));
	if (k < p->r.nclasses && p->c.w->cls[k].slo_us > 0) {
		json_object_set_new(o, "slo_us", json_real(p->c.w->cls[k].slo_us));
		json_object_set_new(o, "slo_met",
				    json_boolean(quantile_us(c, 0.99) <= p->c.w->cls[k].slo_us));
	}
	return o;
}

static json_t *point_json(const struct point *p)
{
	json_t *classes = json_array(), *o;

	for (int k = first_line(p); k <= p->r.nclasses; k++)
		json_array_append_new(classes, class_json(p, k));
	o = json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:o}",
		      "system", p->system, "policy", p->c.policy->name, "workload", p->c.w->text, "cores",
		      p->c.cores, "load", p->load, "rate", p->c.rate, "quantum_us", quantum(p), "seed",
		      (json_int_t)p->c.seed, "requests", (json_int_t)p->c.requests, "throughput",
		      p->r.throughput, "busy", p->r.busy, "mean_ci95_us", p->r.mean_ci / 1e3, "events",
		      (json_int_t)p->r.events, "preempted", (json_int_t)p->r.preempted, "stolen",
		      (json_int_t)p->r.stolen, "backlog_max", (json_int_t)p->r.backlog_max, "bad_answers",
		      (json_int_t)p->r.bad_answers, "classes", classes);
	return o;
}

int out_json(const struct sweep *s, FILE *to)
{
	json_t *runs = json_array(), *all;
	struct rusage used = { 0 };
	bool complete = true;
	int err;

	getrusage(RUSAGE_SELF, &used);
	for (int i = 0; i < s->n; i++) {
		if (s->p[i].r.complete)
			json_array_append_new(runs, point_json(&s->p[i]));
		else
			complete = false;
	}
	all = json_pack("{s:s, s:b, s:I, s:f, s:o}", "version", SHUNT_VERSION, "complete", complete, "memory_kb",
			(json_int_t)used.ru_maxrss, "cpu_s", used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 +
			used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6, "runs", runs);
	err = all ? json_dumpf(all, to, JSON_INDENT(1) | JSON_REAL_PRECISION(7)) : -1;
	fputc('\n', to);
	json_decref(all);
	return err;
}
