// SPDX-License-Identifier: BSD-2-Clause
/*
 * advise.c - shunt-sim advise: the policy and quantum that meet all SLOs with the fewest cores
 *
 * For each policy and quantum the fewest cores are found by bisection; all searches take a step
 * together, so that each step is one sweep.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define TRIES 64

struct try {
	const struct policy *p;
	double quantum_us;      /* 0: not preempted */
	int low, high;          /* low fails, high meets (or is one beyond the most) */
	double p99[SHUNT_CLASSES]; /* at "high" */
	double fails[SHUNT_CLASSES]; /* at "low" */
	bool met, seen_low;
};

struct advice {
	struct options *o;
	struct workload w;
	struct costs k;
	struct policy policy[LIST_MAX];
	int npolicies;
	struct try try[TRIES];
	int n, most;
	double rate;
	uint64_t knob[SHUNT_KNOBS];
};

static bool meets(const struct advice *a, const struct point *p)
{
	for (int c = 0; c < a->w.nclasses; c++) {
		const struct class_result *r = &p->r.cls[c];

		/* What was refused did not meet its objective either. */
		if (a->w.cls[c].slo_us > 0 && (metric_of(p, "p99_us", c) > a->w.cls[c].slo_us ||
					       r->done < 0.99 * r->arrived))
			return false;
	}
	return p->r.cls[a->w.nclasses].done >= 0.99 * p->r.cls[a->w.nclasses].arrived;
}

static int open_policies(struct advice *a)
{
	static const char *const all[] = { "rss", "steal", "p2c", "jbsq", "fcfs", "prio", "mq", "sq", "drr" };
	char err[SIM_TEXT];

	if (!a->o->policies.n) {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
			/* Which of them are installed is not known; at least one must be. */
			if (!policy_open(&a->policy[a->npolicies], all[i], err))
				a->npolicies++;
		}
		return a->npolicies ? 0 : complain("%s", err);
	}
	for (int i = 0; i < a->o->policies.n; i++) {
		if (policy_open(&a->policy[i], a->o->policies.s[i], err))
			return complain("%s", err);
		a->npolicies++;
	}
	return 0;
}

static void add_try(struct advice *a, const struct policy *p, double quantum_us)
{
	int least = ceil(a->rate * a->w.mean_ns / 1e9) + a->k.reserved;

	if (a->n < TRIES)
		a->try[a->n++] = (struct try){ .p = p, .quantum_us = quantum_us, .low = least - 1,
					       .high = a->most + 1 };
}

static int prepare(struct advice *a)
{
	static const double quanta[] = { 2, 5, 10, 20 };
	struct options *o = a->o;
	char err[SIM_TEXT];
	bool slo = false;

	if (o->workloads.n != 1 || o->rates.n != 1 || o->systems.n > 1 || o->cores.n > 1)
		return complain("advise wants one --workload and one --rate (and at most one --system, "
				"and of --cores the most there may be)");
	if (o->csv || o->json || o->svg || o->loads.n || o->nfails)
		return complain("advise prints what it found; it takes no --csv, --json, --svg, --load, --fail");
	if (open_workload(&a->w, o->workloads.s[0], o) ||
	    costs_read(&a->k, o->systems.n ? o->systems.s[0] : "shared", err))
		return complain("%s", err);
	for (int i = 0; i < o->costs.n; i++) {
		if (costs_set(&a->k, o->costs.s[i], err))
			return complain("%s", err);
	}
	for (int c = 0; c < a->w.nclasses; c++)
		slo |= a->w.cls[c].slo_us > 0;
	if (!slo)
		return complain("no class has an objective: NAME=SHARE:TIME/slo=TIME");
	a->rate = o->rates.x[0];
	a->most = o->cores.n ? o->cores.x[0] : SHUNT_CORES;
	if (set_knobs(a->knob, o) || open_policies(a))
		return EXIT_FAILED;
	for (int i = 0; i < a->npolicies; i++) {
		const struct policy *p = &a->policy[i];

		add_try(a, p, 0);
		if (!(p->flags & SHUNT_PREEMPTS) && o->preempt != 1)
			continue;
		for (int q = 0; q < (o->quanta.n ? o->quanta.n : 4); q++)
			add_try(a, p, o->quanta.n ? o->quanta.x[q] : quanta[q]);
	}
	return 0;
}

/* One step of every search that is not at its end. 0, 1: all have ended, or an error. */
static int step(struct advice *a)
{
	struct sweep s = { .jobs = a->o->jobs, .quiet = a->o->quiet };
	struct try *t[TRIES];
	int res = 1;

	for (int i = 0; i < a->n; i++) {
		struct try *x = &a->try[i];
		struct point *p;

		if (x->high - x->low <= 1)
			continue;
		p = sweep_add(&s);
		if (!p)
			return -ENOMEM;
		t[s.n - 1] = x;
		p->system = a->k.name;
		p->c.policy = x->p;
		p->c.w = &a->w;
		p->c.costs = a->k;
		p->c.cores = (x->low + x->high) / 2;
		p->c.rate = a->rate;
		p->c.requests = requests_of(a->o, &a->w);
		p->c.seed = a->o->seed;
		p->c.quantum_us = x->quantum_us;
		p->c.preempt = x->quantum_us > 0;
		memcpy(p->c.knob, a->knob, sizeof(a->knob));
	}
	if (s.n)
		res = sweep_run(&s);
	for (int i = 0; i < s.n; i++) {
		bool met;

		if (!s.p[i].r.complete)
			continue;
		met = meets(a, &s.p[i]);
		for (int c = 0; c < a->w.nclasses; c++)
			(met ? t[i]->p99 : t[i]->fails)[c] = metric_of(&s.p[i], "p99_us", c);
		if (met) {
			t[i]->high = s.p[i].c.cores;
			t[i]->met = true;
		} else {
			t[i]->low = s.p[i].c.cores;
			t[i]->seen_low = true;
		}
	}
	sweep_free(&s);
	return res;
}

static int by_cores(const void *x, const void *y)
{
	const struct try *a = x, *b = y;

	if (a->met != b->met)
		return b->met - a->met;
	if (a->high != b->high)
		return a->high - b->high;
	return (a->quantum_us > 0) - (b->quantum_us > 0); /* the simpler one first */
}

static void print_p99(const struct advice *a, const double *p99)
{
	for (int c = 0; c < a->w.nclasses; c++) {
		printf("  %s %.4g", a->w.cls[c].name, p99[c]);
		if (a->w.cls[c].slo_us > 0)
			printf(" of %.4g us%s", a->w.cls[c].slo_us, p99[c] > a->w.cls[c].slo_us ? " (!)" : "");
	}
}

/* What the search of a policy with a quantum has found so far. */
static void print_try(const struct advice *a, const struct try *t)
{
	char cores[16] = "none";

	if (t->met)
		snprintf(cores, sizeof(cores), "%s%d", t->high - t->low > 1 ? "<= " : "", t->high);
	else if (t->high - t->low > 1)
		strcpy(cores, "?");
	printf("%-10.10s ", t->p->name);
	if (t->quantum_us > 0)
		printf("%5g us %6s ", t->quantum_us, cores);
	else
		printf("%8s %6s ", "-", cores);
	if (t->met) {
		print_p99(a, t->p99);
	} else if (t->seen_low) {
		printf(" with %d:", t->low);
		print_p99(a, t->fails);
	}
	putchar('\n');
}

static int recommend(const struct advice *a, const struct try *best)
{
	if (!best->met) {
		printf("\nNo policy meets the objectives with up to %d cores.\n", a->most);
		return EXIT_FAILED;
	}
	printf("\nTake %s", best->p->name);
	if (best->quantum_us > 0)
		printf(" with a quantum of %g us", best->quantum_us);
	printf(" on %d cores (%.0f %% busy with the requests themselves).\n", best->high,
	       100 * a->rate * a->w.mean_ns / 1e9 / best->high);
	if (best->seen_low) {
		printf("One core less does not do:");
		print_p99(a, best->fails);
		putchar('\n');
	}
	return EXIT_OK;
}

static int report(struct advice *a, bool interrupted)
{
	qsort(a->try, a->n, sizeof(a->try[0]), by_cores);
	printf("%g requests a second of %s on '%s'; p99 of each class:\n\n", a->rate, a->w.text, a->k.name);
	printf("%-10s %8s %6s\n", "policy", "quantum", "cores");
	for (int i = 0; i < a->n; i++)
		print_try(a, &a->try[i]);
	if (!interrupted)
		return recommend(a, &a->try[0]);
	fprintf(stderr, "shunt-sim: interrupted: where '<=' or '?' stands fewer cores, or any, might do\n");
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
	free(a);
	return err;
}
