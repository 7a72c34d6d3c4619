// SPDX-License-Identifier: BSD-2-Clause
/*
 * out.c - results as a table, CSV and JSON
 */
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "sweep.h"

/* Quantities by the name that options, CSV and JSON give them; times there are in us. */
static const struct {
	const char *name;
	enum quantity q;
	double per;
} measured[] = {
	{ "mean_us", MEAN, 1e3 }, { "wait_us", WAIT, 1e3 }, { "p50_us", P50, 1e3 },
	{ "p90_us", P90, 1e3 },
	{ "p99_us", P99, 1e3 }, { "p999_us", P999, 1e3 }, { "slowdown", SLOW_MEAN, 1 },
	{ "miss", MISS, 1 }, { "slowdown_p50", SLOW_P50, 1 }, { "slowdown_p99", SLOW_P99, 1 },
	{ "slowdown_p999", SLOW_P999, 1 },
};
#define MEASURED (sizeof(measured) / sizeof(measured[0]))

const char *metric_label(const char *metric)
{
	static const char *const labels[][2] = {
		{ "mean_us", "mean sojourn, us" }, { "wait_us", "mean wait, us" },
		{ "p50_us", "median sojourn, us" }, { "p90_us", "p90 sojourn, us" },
		{ "p99_us", "p99 sojourn, us" }, { "p999_us", "p99.9 sojourn, us" },
		{ "slowdown", "mean slowdown (sojourn / service)" },
		{ "slowdown_p50", "median slowdown (sojourn / service)" },
		{ "slowdown_p99", "p99 slowdown (sojourn / service)" },
		{ "slowdown_p999", "p99.9 slowdown (sojourn / service)" },
		{ "miss", "share of requests later than the SLO" },
		{ "throughput", "requests ended a second" }, { "dropped", "requests dropped" },
		{ "wasted", "share of the work that nobody waited for" },
		{ "copies", "requests a call" },
		{ "failed", "share of calls that failed" },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!strcmp(metric, labels[i][0]))
			return labels[i][1];
	}
	return metric;
}

static int find(const char *metric)
{
	for (size_t i = 0; i < MEASURED; i++) {
		if (!strcmp(metric, measured[i].name))
			return i;
	}
	return -1;
}

bool metric_known(const char *metric)
{
	return strcmp(metric_label(metric), metric);
}

static const struct class_result *class_of(const struct point *p, int cls)
{
	return &p->r.cls[cls < 0 ? p->r.nclasses : cls];
}

/* NAN: not measured. cls < 0: all. */
double metric_of(const struct point *p, const char *metric, int cls)
{
	int i = find(metric);

	if (!p->r.complete)
		return NAN;
	if (!strcmp(metric, "throughput"))
		return p->r.throughput;
	if (!strcmp(metric, "dropped"))
		return class_of(p, cls)->dropped;
	return i < 0 ? calls_metric(p, metric)
		     : quantity_of(class_of(p, cls), measured[i].q) / measured[i].per;
}

int metric_quantity(const char *metric)
{
	int i = find(metric);

	return i < 0 ? -1 : (int)measured[i].q;
}

double metric_half(const struct point *p, const char *metric, int cls)
{
	int i = find(metric);

	return i < 0 || !p->r.complete ? NAN
				       : class_of(p, cls)->half[measured[i].q] / measured[i].per;
}

/* Whether a point's numbers can be taken for an answer: "ok", or why not. */
const char *state_of(const struct point *p)
{
	const struct class_result *all = class_of(p, -1);

	if (!load_is_carried(&p->r))
		return "unstable";
	if (!p->c.nfails && all->done < 0.999 * all->arrived)
		return "sheds";
	return p->short_of ? "imprecise" : "ok";
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

/* The number of the first line: a run of one class has only the line "all". */
static int first_line(const struct point *p)
{
	return p->r.nclasses == 1 ? 1 : 0;
}

/* Digits after the point of a number that is known to within
 * half: one digit of half, two of one that begins with 1. */
static int decimals(double half)
{
	int e = floor(log10(half));

	if (half / pow(10, e) < 1.95)
		e--;
	return e < 0 ? (e < -6 ? 6 : -e) : 0;
}

static double two_digits(double x)
{
	double unit = x > 0 ? pow(10, floor(log10(x)) - 1) : 1;

	return round(x / unit) * unit;
}

#define CELL 15

const char *number_text(char *text, double x, double half)
{
	if (isnan(x))
		snprintf(text, NUMBER_TEXT, "-");
	else if (isnan(half))
		snprintf(text, NUMBER_TEXT, "~%.*f", x < 10 ? 1 : 0, two_digits(x));
	else if (half <= 1e-6 * x)
		snprintf(text, NUMBER_TEXT, "%.5g", x);
	else
		snprintf(text, NUMBER_TEXT, "%.*f±%.*f", decimals(half), x, decimals(half), half);
	return text;
}

static void cell(FILE *to, double x, double half)
{
	char text[NUMBER_TEXT];

	number_text(text, x, half);
	fprintf(to, " %*s", CELL - 1 + (strstr(text, "±") ? 1 : 0), text); /* ± is two bytes */
}

static void metric_cell(FILE *to, const struct point *p, const char *metric, int cls)
{
	cell(to, metric_of(p, metric, cls), metric_half(p, metric, cls));
}

static const char *const columns[][2] = {
	{ "mean_us", "mean us" }, { "p50_us", "p50 us" }, { "p99_us", "p99 us" },
	{ "p999_us", "p99.9 us" },
	{ "slowdown_p99", "slow p99" },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void table_line(const struct point *p, int k, FILE *to)
{
	const struct class_result *c = &p->r.cls[k];

	fprintf(to, "%-10.10s %-10.10s %5d %5.3g %7.4g %-8.8s", p->system, p->c.policy->name,
		p->c.cores, p->load, quantum(p), class_name(p, k));
	if (k == p->r.nclasses)
		fprintf(to, " %8.4g", p->r.throughput / 1e6);
	else
		fprintf(to, " %8s", "");
	for (size_t i = 0; i < COLUMNS; i++)
		metric_cell(to, p, columns[i][0], k);
	fprintf(to, " %llu%s%s\n", (unsigned long long)(c->arrived - c->done),
		strcmp(state_of(p), "ok") ? " " : "", strcmp(state_of(p), "ok") ? state_of(p) : "");
}

/* How unequal domains are, where a real hash spreads flows over them. */
static void domains_line(const struct point *p, FILE *to)
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
		fprintf(to,
			"%-10.10s %-10.10s the %d domains get %.2f to %.2f times an even share; "
			"the busiest is %.0f %% busy\n",
			p->system, p->c.policy->name, p->r.ndomains, least * p->r.ndomains / all,
			most * p->r.ndomains / all, 100 * busiest);
}

void out_table(const struct sweep *s, FILE *to)
{
	/* points are in the order of their workloads */
	bool several = s->n && s->p[0].c.w != s->p[s->n - 1].c.w;

	fprintf(to, "%-10s %-10s %5s %5s %7s %-8s %8s", "system", "policy", "cores", "load",
		"quantum", "class", "M/s");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(to, " %*s", CELL - 1, columns[i][1]);
	fputs(" lost\n", to);
	for (int i = 0; i < s->n; i++) {
		if (several && (!i || s->p[i].c.w != s->p[i - 1].c.w))
			fprintf(to, "%s:\n", s->p[i].c.w->text);
		for (int k = first_line(&s->p[i]); s->p[i].r.complete && k <= s->p[i].r.nclasses;
		     k++)
			table_line(&s->p[i], k, to);
		if (s->p[i].r.complete)
			calls_table(&s->p[i], to);
		if (s->p[i].r.complete)
			domains_line(&s->p[i], to);
	}
}

/* Absent where it is not known. */
static void csv_number(FILE *to, double x)
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

	fprintf(to, "%s,%s,\"%s\",%d,%g,%g,%llu,%s,%llu,%llu,%llu,%llu,%llu,%.6g", p->system,
		p->c.policy->name, p->c.w->text, p->c.cores, p->load, quantum(p),
		(unsigned long long)p->c.seed, class_name(p, k), (unsigned long long)c->arrived,
		(unsigned long long)c->done, (unsigned long long)c->dropped,
		(unsigned long long)c->rejected, (unsigned long long)c->lost, p->r.throughput);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		csv_number(to, metric_of(p, values[i], k));
	csv_number(to, c->done ? c->sojourn.max / 1e3 : NAN);
	csv_number(to, metric_of(p, "slowdown", k));
	csv_number(to, metric_of(p, "slowdown_p99", k));
	fprintf(to, ",%.6g,%llu,%llu,%s", p->r.busy, (unsigned long long)p->r.preempted,
		(unsigned long long)p->r.stolen, state_of(p));
	for (size_t i = 0; i < MEASURED; i++)
		csv_number(to, metric_half(p, measured[i].name, k));
	csv_number(to, metric_of(p, "miss", k));
	csv_number(to, metric_of(p, "slowdown_p50", k));
	csv_number(to, metric_of(p, "slowdown_p999", k));
	calls_csv(p, to);
	fputc('\n', to);
}

void out_csv(const struct sweep *s, FILE *to)
{
	fprintf(to, "system,policy,workload,cores,load,quantum_us,seed,class,arrived,done,dropped,"
		    "rejected,lost,throughput,mean_us,wait_us,p50_us,p90_us,p99_us,p999_us,max_us,"
		    "slowdown,slowdown_p99,busy,preempted,stolen,state");
	for (size_t i = 0; i < MEASURED; i++)
		fprintf(to, ",%s_half", measured[i].name);
	fputs(",miss,slowdown_p50,slowdown_p999", to);
	calls_csv_head(to);
	fputc('\n', to);
	for (int i = 0; i < s->n; i++) {
		for (int k = first_line(&s->p[i]); s->p[i].r.complete && k <= s->p[i].r.nclasses;
		     k++)
			csv_line(&s->p[i], k, to);
	}
}

static json_t *class_json(const struct point *p, int k)
{
	const struct class_result *c = &p->r.cls[k];
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "class", class_name(p, k),
			      "arrived", (json_int_t)c->arrived, "done", (json_int_t)c->done,
			      "dropped", (json_int_t)c->dropped, "rejected",
			      (json_int_t)c->rejected, "lost", (json_int_t)c->lost);
	json_t *half;

	if (!o || !c->done) /* what was not measured is absent */
		return o;
	half = json_object();
	for (size_t i = 0; i < MEASURED; i++) {
		if (!isnan(metric_of(p, measured[i].name, k)))
			json_object_set_new(o, measured[i].name,
					    json_real(metric_of(p, measured[i].name, k)));
		if (!isnan(metric_half(p, measured[i].name, k)))
			json_object_set_new(half, measured[i].name,
					    json_real(metric_half(p, measured[i].name, k)));
	}
	json_object_set_new(o, "max_us", json_real(c->sojourn.max / 1e3));
	json_object_set_new(o, "ci95_half", half);
	if (k < p->r.nclasses && p->c.w->cls[k].slo_us > 0) {
		json_object_set_new(o, "slo_us", json_real(p->c.w->cls[k].slo_us));
		json_object_set_new(o, "slo_met",
				    json_boolean(metric_of(p, "p99_us", k) <=
						 p->c.w->cls[k].slo_us));
	}
	return o;
}

/* Words that plan() wrote, up to the last that is not 0. */
static json_t *plan_json(const uint64_t plan[SHUNT_PLANS])
{
	json_t *words = json_array();
	char text[24];
	int n = SHUNT_PLANS;

	while (n && !plan[n - 1])
		n--;
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%#llx", (unsigned long long)plan[i]);
		json_array_append_new(words, json_string(text));
	}
	return words;
}

static json_t *domains_json(const struct point *p)
{
	json_t *all = json_array(), *domain;

	for (int i = 0; i < p->r.ndomains; i++) {
		const struct domain_result *d = &p->r.domain[i];

		domain = json_pack("{s:i, s:I, s:f}", "cores", d->cores, "arrived",
				   (json_int_t)d->arrived, "busy", d->busy);
		if (p->c.policy->plan)
			json_object_set_new(domain, "plan", plan_json(d->plan));
		json_array_append_new(all, domain);
	}
	return all;
}

static json_t *point_json(const struct point *p)
{
	json_t *classes = json_array(), *o;

	for (int k = first_line(p); k <= p->r.nclasses; k++)
		json_array_append_new(classes, class_json(p, k));
	o = json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, "
		      "s:I, s:s, s:o}",
		      "system", p->system, "policy", p->c.policy->name, "workload", p->c.w->text,
		      "cores", p->c.cores, "load", p->load, "rate", p->c.rate, "quantum_us",
		      quantum(p), "seed", (json_int_t)p->c.seed, "requests",
		      (json_int_t)p->c.requests, "throughput", p->r.throughput, "busy", p->r.busy,
		      "events", (json_int_t)p->r.events, "preempted", (json_int_t)p->r.preempted,
		      "stolen", (json_int_t)p->r.stolen, "backlog_max",
		      (json_int_t)p->r.backlog_max, "bad_answers", (json_int_t)p->r.bad_answers,
		      "state", state_of(p), "classes", classes);
	if (o && p->c.costs.services == SERVICES_ELASTIC)
		json_object_set_new(o, "moved_cores", json_integer(p->r.moved_cores));
	if (o && p->r.ndomains)
		json_object_set_new(o, "domains", domains_json(p));
	if (o && !isnan(p->r.mean_ci))
		json_object_set_new(o, "mean_ci95_us", json_real(p->r.mean_ci / 1e3));
	if (o && p->r.calls)
		json_object_set_new(o, "calls", calls_json(p));
	if (o && p->r.series)
		json_object_set_new(o, "series", series_json(p));
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
	all = json_pack("{s:s, s:b, s:I, s:f, s:o}", "version", SHUNT_VERSION, "complete", complete,
			"memory_kb", (json_int_t)used.ru_maxrss, "cpu_s",
			used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
				used.ru_stime.tv_usec / 1e6,
			"runs", runs);
	err = all ? json_dumpf(all, to, JSON_INDENT(1) | JSON_REAL_PRECISION(7)) : -1;
	fputc('\n', to);
	json_decref(all);
	return err;
}
