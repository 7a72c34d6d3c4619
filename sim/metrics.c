// SPDX-License-Identifier: BSD-2-Clause
/*
 * metrics.c - a run's numbers by their names, its state, and how many digits of a number are known
 */
#include <math.h>
#include <string.h>

#include "out.h"

const struct out_metric out_metrics[MEASURED] = {
	{ "mean_us", MEAN, 1e3 }, { "wait_us", WAIT, 1e3 }, { "p50_us", P50, 1e3 },
	{ "p90_us", P90, 1e3 },
	{ "p99_us", P99, 1e3 }, { "p999_us", P999, 1e3 }, { "slowdown", SLOW_MEAN, 1 },
	{ "miss", MISS, 1 }, { "slowdown_p50", SLOW_P50, 1 }, { "slowdown_p99", SLOW_P99, 1 },
	{ "slowdown_p999", SLOW_P999, 1 },
};
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
		{ "throughput", "requests ended a second" },
		{ "goodput", "share of the cores' time in requests within the SLO" },
		{ "dropped", "requests dropped" },
		{ "wasted", "share of the work that nobody waited for" },
		{ "copies", "requests a call" },
		{ "failed", "share of calls that failed" },
		{ "fallback", "share of threads that the cores' fallback chose" },
		{ "stale", "share of decisions that came too late" },
		{ "agent_busy", "share of the agent's time" },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!strcmp(metric, labels[i][0]))
			return labels[i][1];
	}
	return metric;
}

bool metric_needs_objective(const char *metric)
{
	return !strcmp(metric, "miss") || !strcmp(metric, "goodput");
}

static int find(const char *metric)
{
	for (int i = 0; i < MEASURED; i++) {
		if (!strcmp(metric, out_metrics[i].name))
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

/* Of the cores' time the part that went into requests which met their objective: of the time that
 * they were busy, by the classes' mean services. Requests of a class without an objective count
 * when they end. NAN: no class has one. */
static double goodput_of(const struct point *p)
{
	const struct workload *w = p->c.w;
	double met = 0, ended = 0;

	for (int k = 0; k < p->r.nclasses; k++) {
		const struct class_result *c = &p->r.cls[k];
		double work = c->done * w->cls[k].service.mean_ns;

		ended += work + c->in_vain_ns;
		met += work * (isnan(c->miss) ? 1 : 1 - c->miss);
	}
	return has_objective(w) && ended > 0 && !p->r.calls ? p->r.busy * met / ended : NAN;
}

/* NAN: not measured. cls < 0: all. */
double metric_of(const struct point *p, const char *metric, int cls)
{
	int i = find(metric);

	if (!p->r.complete)
		return NAN;
	if (!strcmp(metric, "throughput"))
		return p->r.throughput;
	if (!strcmp(metric, "goodput"))
		return goodput_of(p);
	if (!strcmp(metric, "dropped"))
		return class_of(p, cls)->dropped;
	if (i < 0 && p->r.staged)
		return staged_metric(p, metric);
	return i < 0 ? calls_metric(p, metric)
		     : quantity_of(class_of(p, cls), out_metrics[i].q) / out_metrics[i].per;
}

int metric_quantity(const char *metric)
{
	int i = find(metric);

	return i < 0 ? -1 : (int)out_metrics[i].q;
}

double metric_half(const struct point *p, const char *metric, int cls)
{
	int i = find(metric);

	return i < 0 || !p->r.complete
		       ? NAN
		       : class_of(p, cls)->half[out_metrics[i].q] / out_metrics[i].per;
}

#define TOLD 0.001 /* share of requests beyond which a state is told of */

/* Requests that were never answered, turned away or lost: no core was left to serve them. */
static uint64_t unserved(const struct class_result *all)
{
	return all->arrived - all->done - all->dropped - all->rejected - all->lost - all->expired;
}

/* Were requests, or copies that clients sent, turned away? */
static bool sheds(const struct point *p)
{
	const struct class_result *all = class_of(p, -1);
	const struct call_result *calls = p->r.calls;

	return calls ? calls->refused > TOLD * calls->copies
		     : all->dropped + all->rejected + all->expired > TOLD * all->arrived;
}

const char *state_of(const struct point *p)
{
	const struct class_result *all = class_of(p, -1);

	if (unserved(all) || !all->arrived) /* none: it ended before it was measured */
		return "unserved";
	if (!load_is_carried(&p->r))
		return "unstable";
	if (sheds(p))
		return "sheds";
	if (p->r.calls && p->r.calls->failed > TOLD * all->arrived)
		return "fails";
	return p->short_of ? "imprecise" : "ok";
}

double quantum_of(const struct point *p)
{
	if (!preempts(&p->c) || p->c.policy->ideal)
		return 0;
	return p->c.quantum_us < 0 ? p->c.costs.quantum_us : p->c.quantum_us;
}

const char *class_name(const struct point *p, int cls)
{
	return cls == p->r.nclasses ? "all" : p->c.w->cls[cls].name;
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
