// SPDX-License-Identifier: BSD-2-Clause
/*
 * advise.c - shunt-sim advise: the policy and quantum that meet all SLOs with the fewest cores
 *
 * All searches (search.c) take a step together, so that each step is one sweep. A result is tried
 * with other seeds (recommend.c) before it is recommended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advise.h"
#include "measure.h"

#define QUANTA 4     /* that are tried where none is given, in us */
#define LONGEST 16   /* times as long is what a run that was too
		      * close to tell is made, LONGER at a time */

/* Opens all installed policies, and prints why one cannot be tried. */
static int open_installed(struct advice *a)
{
	char names[LIST_MAX][SHUNT_NAME_LEN];
	struct why why = { 0 };
	int n = policy_list(names, LIST_MAX);

	for (int i = 0; i < n; i++) {
		struct policy *p = &a->policy[a->npolicies];

		if (policy_open(p, names[i], &why)) {
			printf("not tried: %s: %s\n", names[i], why.text ? why.text : "no memory");
			why_forget(&why);
		} else if (p->flags & SHUNT_NEEDS_HINT) {
			printf("not tried: %s: its clients must send back what replies name\n",
			       names[i]);
			policy_close(p);
		} else {
			a->npolicies++;
		}
	}
	return a->npolicies
		       ? 0
		       : complain("no policies are installed: 'make bpf', or --policy ./FILE.c");
}

static int open_policies(struct advice *a)
{
	struct why why = { 0 };

	if (!a->o->policies.n)
		return open_installed(a);
	for (int i = 0; i < a->o->policies.n; i++) {
		if (policies_open(&a->policy[i], a->o->policies.s[i], &why))
			return complain_why(&why);
		a->npolicies++;
		if (a->policy[i].each)
			return complain("advise names the one policy of an interface, and '%s' "
					"are several: 'shunt-sim run' compares them",
					a->policy[i].name);
		if (a->policy[i].ideal)
			return complain("'%s' is an ideal, which no machine runs, and advice is "
					"what to buy: take policies ('shunt policies', ./FILE.c), "
					"and see how far they are from it by 'shunt-sim run -s "
					"ideal -p %s,fcfs'",
					a->policy[i].name, a->policy[i].name);
	}
	return 0;
}

static void add_try(struct advice *a, const struct policy *p, double quantum_us)
{
	struct try *t = &a->try[a->n++];

	*t = (struct try){ .s = { .p = p, .quantum_us = quantum_us }, .longer = 1 };
	search_begin(&t->s, &a->g);
}

static int make_tries(struct advice *a)
{
	static const double quanta[QUANTA] = { 2, 5, 10, 20 };
	const struct numbers *given = &a->o->quanta;
	int n = given->n ? given->n : QUANTA;
	const double *quantum = given->n ? given->x : quanta;

	a->try = calloc(a->npolicies * (n + 1), sizeof(*a->try));
	if (!a->try)
		return complain("no memory");
	for (int i = 0; i < a->npolicies; i++) {
		const struct policy *p = &a->policy[i];

		add_try(a, p, 0);
		for (int q = 0;
		     q < n && (a->o->preempt == 1 || (p->flags & SHUNT_PREEMPTS && a->o->preempt));
		     q++) {
			if (quantum[q] > 0)
				add_try(a, p, quantum[q]);
		}
	}
	return 0;
}

/* The share of requests that may be late: --misses, or 1 - the quantile of --metric. */
static int set_goal(struct advice *a)
{
	static const struct {
		const char *metric;
		double misses;
	} quantiles[] = { { "p50_us", 0.5 }, { "p90_us", 0.1 }, { "p99_us", 0.01 },
			  { "p999_us", 0.001 } };
	const struct options *o = a->o;

	if (o->misses && o->metric_given)
		return complain("--metric %s and --misses both say how many requests may be late: "
				"give one of them",
				o->metric_given);
	a->g.metric = o->metric;
	a->g.misses = o->misses;
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		if (!o->misses && !strcmp(o->metric, quantiles[i].metric))
			a->g.misses = quantiles[i].misses;
	}
	if (!a->g.misses)
		return complain("advise takes objectives as quantiles: --metric p50_us, p90_us, "
				"p99_us or p999_us, or --misses SHARE");
	return 0;
}

/* Cores that could carry the load if they did nothing else. */
static int fewest(const struct advice *a)
{
	double busy = a->rate * a->w.mean_ns / 1e9;
	int n = 1;

	while (n <= SIM_CORES && speed_of(&a->k, n, a->o->domains) < busy)
		n++;
	return n;
}

/* No number of cores makes up for a service that is later than its objective by itself. */
static int check_services_alone(const struct advice *a)
{
	double late;

	for (int c = 0; c < a->w.nclasses && !a->w.trace_n && !*a->k.speeds; c++) {
		late = service_late(&a->w, c);
		if (late > a->g.misses)
			return complain("%.3g %% of '%s' take longer than %g us alone, on an idle "
					"core, and %g %% may be late: a longer objective, a larger "
					"--misses, or faster cores (--cost speeds=1x2)", 100 * late,
					a->w.cls[c].name, a->w.cls[c].slo_us, 100 * a->g.misses);
	}
	return 0;
}

/* Refuses what would change nothing, and warns, by a run of each policy with the most cores. */
static int warn(struct advice *a)
{
	struct sweep s = { 0 };
	int err;

	for (int i = 0; i < a->n; i++) {
		if (!advise_run(a, &s, &a->try[i].s, a->g.most, 1))
			return complain("no memory");
	}
	err = obeyed_check(a->o, &s);
	if (!err)
		warn_of_runs(&s, a->o);
	sweep_free(&s);
	return err;
}

static int prepare(struct advice *a)
{
	struct options *o = a->o;
	struct why why = { 0 };
	bool slo = false;

	if (o->workloads.n != 1 || o->systems.n > 1 || o->cores.n > 1)
		return complain(
			"advise wants one --workload and one --rate (and at most one --system, and "
			"of --cores the most there may be)");
	if (open_workload(&a->w, o->workloads.s[0], o))
		return EXIT_FAILED;
	if (!a->w.trace_n && o->rates.n != 1)
		return complain(
			"advise wants one --workload and one --rate, or a trace, which has one");
	if (costs_read(&a->k, o->systems.n ? o->systems.s[0] : "shared", &why))
		return complain_why(&why);
	for (int i = 0; i < o->costs.n; i++) {
		if (costs_set(&a->k, o->costs.s[i], &why))
			return complain_why(&why);
	}
	for (int c = 0; c < a->w.nclasses; c++)
		slo |= a->w.cls[c].slo_us > 0;
	if (!slo)
		return complain("no class has an objective: NAME=SHARE:TIME/slo=TIME");
	a->rate = a->w.trace_n ? a->w.trace_rate : o->rates.x[0];
	a->g.w = &a->w;
	a->g.reserved = a->k.reserved;
	a->g.domains = o->domains;
	if (a->k.services != SERVICES_SHARED)
		return complain("advise shares all cores among services: services=shared");
	a->g.least = fewest(a) + a->k.reserved;
	if (o->domains && a->g.least < o->domains + a->k.reserved)
		a->g.least = o->domains + a->k.reserved;
	a->g.most = o->cores.n ? o->cores.x[0] : SHUNT_CORES;
	if (a->g.least > a->g.most)
		return complain("%g requests a second of %.4g us alone keep %d cores busy: --cores "
				"is %d",
				a->rate, a->w.mean_ns / 1e3, a->g.least - a->k.reserved, a->g.most);
	if (set_goal(a) || check_services_alone(a) || set_knobs(a->knob, o) || open_policies(a))
		return EXIT_FAILED;
	return make_tries(a) || warn(a) ? EXIT_FAILED : 0;
}

static void take(struct advice *a, struct try *t, const struct point *p)
{
	struct outcome o;

	outcome_of(&o, &a->g, p);
	if (o.verdict == CLOSE && t->longer < LONGEST && !a->w.trace_n) {
		t->longer *= LONGER; /* the same again, longer */
		return;
	}
	t->longer = 1;
	search_take(&t->s, &a->g, p);
}

/* Takes one step of every search that is not at its end. 0, 1: all have ended, or an error. */
static int step(struct advice *a)
{
	struct sweep s = { .jobs = a->o->jobs, .quiet = a->o->quiet };
	struct try **t = calloc(a->n, sizeof(*t));
	int res = 1;

	for (int i = 0; t && i < a->n; i++) {
		struct try *x = &a->try[i];

		if (x->s.phase == SEARCH_END)
			continue;
		if (!advise_run(a, &s, &x->s, x->s.at, x->longer))
			res = -ENOMEM;
		else
			t[s.n - 1] = x;
	}
	if (!t)
		return -ENOMEM;
	if (s.n && res == 1) {
		if (!s.quiet)
			fprintf(stderr, "step %d: %d of %d searches go on\n", ++a->steps, s.n,
				a->n);
		res = sweep_run(&s);
	}
	for (int i = 0; i < s.n; i++) {
		if (s.p[i].r.complete)
			take(a, t[i], &s.p[i]);
	}
	sweep_free(&s);
	free(t);
	return res;
}

static int by_cores(const void *x, const void *y)
{
	const struct search *a = &((const struct try *)x)->s, *b = &((const struct try *)y)->s;

	if (!a->best.cores != !b->best.cores)
		return !a->best.cores - !b->best.cores;
	if (a->best.cores != b->best.cores)
		return a->best.cores - b->best.cores;
	return (a->quantum_us > 0) - (b->quantum_us > 0); /* the simpler one first */
}

static int report(struct advice *a, bool interrupted)
{
	qsort(a->try, a->n, sizeof(a->try[0]), by_cores);
	advise_table(a);
	fflush(stdout);
	if (!interrupted)
		return recommend(a);
	fprintf(stderr,
		"shunt-sim: interrupted: where '<=' or '?' stands fewer cores, or any, might do\n");
	return EXIT_INTERRUPTED;
}

int cmd_advise(struct options *o)
{
	struct advice *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return complain("no memory");
	a->o = o;
	err = prepare(a);
	if (!err) {
		while (!(err = step(a)))
			;
		err = err == 1 || err == -EINTR ? report(a, err == -EINTR) : EXIT_FAILED;
	}
	for (int i = 0; i < a->npolicies; i++)
		policy_close(&a->policy[i]);
	workload_free(&a->w);
	free(a->try);
	free(a);
	return err;
}
