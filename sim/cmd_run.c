// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_run.c - shunt-sim run: all combinations of what the options list
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "measure.h"

struct grid {
	struct sweep s;
	struct policy policy[LIST_MAX];
	int npolicies;
	struct costs costs[LIST_MAX];
	int nsystems;
	struct workload work[LIST_MAX];
	int nwork;
	struct shape shape;
	struct dist think;
	uint64_t knob[SHUNT_KNOBS];
};

int open_workload(struct workload *w, const char *spec, const struct options *o)
{
	struct why why = { 0 };

	if (workload_parse(w, spec, &why) || (o->arrivals && arrivals_parse(w, o->arrivals, &why)))
		return complain_why(&why);
	w->flows = o->flows;
	w->flow_skew = o->flow_skew;
	w->rss = o->rss_given ? &o->rss : NULL;
	if (w->arrivals != ARRIVE_TRACE)
		return 0;
	if (o->speed)
		w->trace_speed = o->speed;
	if (trace_scan(w, &why))
		return complain_why(&why);
	return o->requests > w->trace_n
		       ? complain("--requests are more than the %llu of '%s': leave it out, for "
				  "all of the trace, or give fewer",
				  (unsigned long long)w->trace_n, w->trace)
		       : 0;
}

/* The workload where none is named: a trace's own. NULL: it has none. */
static const char *trace_spec(const struct options *o)
{
	static char spec[SIM_TEXT];
	struct why why = { 0 };

	if (!o->arrivals || strncmp(o->arrivals, "trace:", 6))
		return "exp1";
	if (!trace_workload(o->arrivals + 6, spec, sizeof(spec), &why))
		return spec;
	complain_why(&why);
	return NULL;
}

/* A plot of misses, or of goodput, would be empty. */
static int check_metric(const struct grid *g, const struct options *o)
{
	if (!metric_needs_objective(o->metric))
		return 0;
	for (int i = 0; i < g->nwork; i++) {
		if (has_objective(&g->work[i]))
			return 0;
	}
	return complain("--metric %s asks for objectives that are met or missed, and no class has "
			"one: NAME=SHARE:TIME/slo=TIME, as in --workload all=1:1us/slo=20us",
			o->metric);
}

#define DAYS_NS (86400 * 1e9)

/* The clock of a run ends after 104 days. */
static int check_length(const struct run_config *c)
{
	double days = c->requests / c->rate * 1e9 / DAYS_NS;

	return days < 100 ? 0
			  : complain("%g requests a second take %.3g days for %llu of them, and a "
				     "run has 100: more requests a second, or fewer of them "
				     "(--requests)",
				     c->rate, days, (unsigned long long)c->requests);
}

static int open_all(struct grid *g, struct options *o)
{
	struct why why = { 0 };

	if (!o->systems.n)
		o->systems.s[o->systems.n++] = "ideal";
	if (!o->workloads.n)
		o->workloads.s[o->workloads.n++] = trace_spec(o);
	if (!o->workloads.s[0])
		return EXIT_FAILED;
	for (; g->nsystems < o->systems.n; g->nsystems++) {
		struct costs *c = &g->costs[g->nsystems];

		if (costs_read(c, o->systems.s[g->nsystems], &why))
			return complain_why(&why);
		for (int i = 0; i < o->costs.n; i++) {
			if (costs_set(c, o->costs.s[i], &why))
				return complain_why(&why);
		}
	}
	for (; g->nwork < o->workloads.n; g->nwork++) {
		if (open_workload(&g->work[g->nwork], o->workloads.s[g->nwork], o))
			return EXIT_FAILED;
	}
	for (; g->npolicies < o->policies.n; g->npolicies++) {
		if (policies_open(&g->policy[g->npolicies], o->policies.s[g->npolicies], &why))
			return complain_why(&why);
	}
	if (!o->policies.n) { /* each system's own */
		for (; g->npolicies < g->nsystems; g->npolicies++) {
			if (policy_open(&g->policy[g->npolicies], g->costs[g->npolicies].policy,
					&why))
				return complain_why(&why);
		}
	}
	if (o->think && dist_parse(&g->think, o->think, &why)) {
		why_context(&why, "--think");
		return complain_why(&why);
	}
	if (o->shape && shape_parse(&g->shape, o->shape, &why))
		return complain_why(&why);
	return check_metric(g, o) || quantum_check(o, g->policy, g->npolicies) ||
			       set_knobs(g->knob, o)
		       ? EXIT_FAILED
		       : 0;
}

/* As many requests as arrive in the time that was asked for. */
static int set_duration(struct run_config *c, const struct options *o)
{
	double n = c->rate * (c->shape ? shape_until(c->shape, o->duration_ns) : o->duration_ns) /
		   1e9;

	if (n < 100 || n > 1e12)
		return complain("%.0f requests arrive in the --duration: it takes 100", n);
	c->requests = c->w->trace_n && n > c->w->trace_n ? c->w->trace_n : n;
	return 0;
}

/* One run: an index into each of the options' lists. */
struct choice {
	int sys, pol, work, seed;
	double cores, quantum, load, rate, clients, fanout;
};

#define CALLS_LEAST 20000ULL

/* The number of calls: as many requests as without fan-out, but enough calls for their tail. */
static uint64_t calls_of(const struct options *o, const struct workload *w, int fanout)
{
	uint64_t n = requests_of(o, w), few = 4 * REQUESTS / fanout;

	if (o->requests || w->trace_n || few >= n)
		return n;
	return few > CALLS_LEAST ? few : CALLS_LEAST;
}

/* The most that the clients of a closed loop can ask for. */
static double closed_rate(const struct run_config *c)
{
	const struct dist *think = c->calls.think;
	double most = rate_of(c, 1),
	       alone = c->calls.clients / (c->w->mean_ns + (think ? think->mean_ns : 0)) * 1e9;

	return alone < most ? alone : most;
}

static int set_rate(struct point *p, const struct options *o, const struct choice *of)
{
	struct run_config *c = &p->c;
	double rate = c->w->trace_n      ? c->w->trace_rate
		      : c->calls.clients ? closed_rate(c)
					 : of->rate;

	p->load = rate > 0 ? rate / rate_of(c, 1) : of->load;
	c->rate = rate > 0 ? rate : rate_of(c, of->load);
	if (!(c->rate > 0))
		return complain("%d cores leave none to serve", c->cores);
	return o->duration_ns ? set_duration(c, o) : check_length(c);
}

static int set_calls(struct run_config *c, struct grid *g, const struct options *o,
		     const struct choice *of)
{
	c->calls = o->calls;
	c->calls.clients = of->clients;
	c->calls.fanout = o->fanouts.n ? of->fanout : 0;
	c->calls.think = o->think ? &g->think : NULL;
	if (o->series || o->series_svg)
		/* once the rate is known */
		c->calls.window_ns = o->calls.window_ns > 0 ? o->calls.window_ns : NAN;
	if ((calls_wanted(&c->calls) || isnan(c->calls.window_ns)) && c->policy->ideal)
		return complain("'%s' is an ideal, which answers requests as they come: take a "
				"policy, such as fcfs",
				c->policy->name);
	return 0;
}

#define WINDOWS 50          /* unless told otherwise */
#define WINDOWS_MOST 100000

static int set_window(struct run_config *c)
{
	double whole_ns = run_ns(c);

	if (isnan(c->calls.window_ns))
		c->calls.window_ns = whole_ns / WINDOWS;
	if (c->calls.window_ns > 0 && whole_ns / c->calls.window_ns > WINDOWS_MOST)
		return complain("the run of some %.4g us has more than %d windows of %.4g us: make "
				"--window longer",
				whole_ns / 1e3, WINDOWS_MOST, c->calls.window_ns / 1e3);
	return 0;
}

static int add_point(struct grid *g, const struct options *o, const struct choice *of)
{
	struct point *p = sweep_add(&g->s);
	struct run_config *c;

	if (!p)
		return complain("no memory");
	c = &p->c;
	p->system = g->costs[of->sys].name;
	c->policy = &g->policy[of->pol];
	c->w = &g->work[of->work];
	c->costs = g->costs[of->sys];
	c->cores = of->cores;
	c->domains = o->domains;
	c->requests = calls_of(o, c->w, of->fanout);
	c->seed = o->seed + of->seed;
	c->quantum_us = of->quantum;
	c->preempt = o->preempt;
	c->shape = o->shape ? &g->shape : NULL;
	memcpy(c->knob, g->knob, sizeof(c->knob));
	memcpy(c->fail, o->fail, sizeof(c->fail));
	c->nfails = o->nfails;
	for (int i = 0; i < o->nfails; i++) {
		if (o->fail[i].core >= c->cores - c->costs.reserved)
			return complain("--fail: there is no core %d", o->fail[i].core);
	}
	return ideal_check(o, c->policy, &c->costs) || set_calls(c, g, o, of) ||
			       set_rate(p, o, of) || set_window(c)
		       ? EXIT_FAILED
		       : 0;
}

/* All that differs in what is offered: fan-outs, and loads, rates or numbers of clients. */
static int fill_offers(struct grid *g, const struct options *o, struct choice of)
{
	static const struct numbers one = { 1, { 1 } }, some = { 1, { 0.7 } };
	const struct numbers *loads = o->clients.n ? &o->clients
				      : o->rates.n ? &o->rates
				      : o->loads.n ? &o->loads
						   : &some;
	const struct numbers *fanouts = o->fanouts.n ? &o->fanouts : &one;
	int err = 0;

	for (int l = 0; l < loads->n; l++) {
		for (int f = 0; f < fanouts->n; f++) {
			of.clients = o->clients.n ? loads->x[l] : 0;
			of.rate = o->rates.n ? loads->x[l] : 0;
			of.load = of.clients || of.rate ? 0 : loads->x[l];
			of.fanout = fanouts->x[f];
			for (of.seed = 0; of.seed < o->seeds && !err; of.seed++)
				err = add_point(g, o, &of);
		}
	}
	return err;
}

static int fill(struct grid *g, const struct options *o)
{
	static const struct numbers one = { 1, { 1 } }, own = { 1, { -1 } };
	const struct numbers *cores = o->cores.n ? &o->cores : &one;
	const struct numbers *quanta = o->quanta.n ? &o->quanta : &own;
	int n = o->policies.n ? g->npolicies : 1, err = 0;

	for (int w = 0; w < g->nwork; w++)
		for (int s = 0; s < g->nsystems; s++)
			for (int p = 0; p < n; p++)
				for (int c = 0; c < cores->n; c++)
					for (int q = 0; q < quanta->n && !err; q++)
						err = fill_offers(g, o, (struct choice){
							.work = w, .sys = s,
							.pol = o->policies.n ? p : s,
							.cores = cores->x[c],
							.quantum = quanta->x[q] });
	return err;
}

/* Runs that grow until it is known how sure the metric is would grow for nothing if it never is. */
static int check_precision(const struct grid *g, const struct options *o)
{
	int q = metric_quantity(o->metric);

	if (!o->precision)
		return 0;
	if (q < 0)
		return complain("--precision is that of a metric with an interval, and '%s' has "
				"none: --metric p99_us, mean_us, slowdown_p99, miss …",
				o->metric);
	for (int w = 0; w < g->nwork && q == MISS; w++) {
		if (!has_objective(&g->work[w]))
			return complain("no class of '%s' has an objective that could be missed: "
					"NAME=SHARE:TIME/slo=TIME",
					g->work[w].text);
	}
	for (int i = 0; i < g->s.n; i++) {
		for (int k = 0; k <= g->s.p[i].c.w->nclasses; k++) {
			if (!samples_reach(&g->s.p[i].c, k, q))
				return complain("--precision: file() has too few recorded times "
						"beyond '%s', and longer runs draw no others: "
						"record more, or give a --metric further from the "
						"end",
						o->metric);
		}
	}
	return 0;
}

static int check_slowdowns(const struct grid *g, const struct options *o)
{
	if (strcmp(o->metric, "slowdown"))
		return 0;
	for (int i = 0; i < g->s.n; i++) {
		if (slowdown_is_infinite(&g->s.p[i].c, g->s.p[i].c.w->nclasses))
			return complain("the mean slowdown of exponential times is infinite under "
					"'%s', where the shortest wait, too: --metric slowdown_p50 "
					"or slowdown_p99",
					g->s.p[i].c.policy->name);
	}
	return 0;
}

int cmd_run(struct options *o)
{
	struct grid *g = calloc(1, sizeof(*g));
	int err, res, bad;

	if (!g)
		return complain("no memory");
	g->s.jobs = o->jobs;
	g->s.quiet = o->quiet;
	g->s.precision = o->precision;
	g->s.metric = o->metric;
	err = try_files(o);
	if (!err)
		err = open_all(g, o);
	if (!err)
		err = fill(g, o);
	if (!err)
		err = obeyed_check(o, &g->s) || check_precision(g, o) || check_slowdowns(g, o)
			      ? EXIT_FAILED
			      : 0;
	if (!err) {
		warn_of_runs(&g->s, o);
		res = sweep_run(&g->s);
		warn_of_late_failures(&g->s);
		bad = draw_files(o, &g->s);
		err = conclude(o, &g->s, res);
		if (bad && !err)
			err = EXIT_FAILED;
	}
	sweep_free(&g->s);
	for (int i = 0; i < g->npolicies; i++)
		policy_close(&g->policy[i]);
	for (int i = 0; i < g->nwork; i++)
		workload_free(&g->work[i]);
	dist_free(&g->think);
	shape_free(&g->shape);
	free(g);
	return err;
}
