// SPDX-License-Identifier: BSD-2-Clause
/*
 * options_check.c - options that contradict each other, and lists that have something twice
 */
#include <math.h>
#include <string.h>

#include "cmd.h"

static int repeated_words(const struct strings *l, const char *name)
{
	for (int i = 1; i < l->n; i++) {
		for (int k = 0; k < i; k++) {
			if (!strcmp(l->s[i], l->s[k]))
				return complain("--%s has '%.100s' twice: each once", name,
						l->s[i]);
		}
	}
	return 0;
}

static int repeated_numbers(const struct numbers *l, const char *name)
{
	for (int i = 1; i < l->n; i++) {
		for (int k = 0; k < i; k++) {
			/* steps of a range are rounded */
			if (fabs(l->x[i] - l->x[k]) <= 1e-9 * l->x[k])
				return complain("--%s has %g twice: each once", name, l->x[i]);
		}
	}
	return 0;
}

/* Complains of a value listed twice: its runs would be the same, and drawn as one curve. */
static int repeats(const struct options *o)
{
	return repeated_words(&o->policies, "policy") || repeated_words(&o->systems, "system") ||
	       repeated_words(&o->workloads, "workload") || repeated_numbers(&o->cores, "cores") ||
	       repeated_numbers(&o->loads, "load") || repeated_numbers(&o->rates, "rate") ||
	       repeated_numbers(&o->quanta, "quantum") ||
	       repeated_numbers(&o->clients, "clients") || repeated_numbers(&o->fanouts, "fanout");
}

/* Complains of two outputs with one path: one would be written over the other. */
static int check_outputs(const struct options *o)
{
	const struct {
		int option;
		const char *path;
	} outputs[] = { { 'x', o->csv }, { 'J', o->json }, { 'g', o->svg }, { 'H', o->page },
			{ 'D', o->cdf },
			{ OPT_SERIES, o->series }, { OPT_SERIES_SVG, o->series_svg } };
	int n = sizeof(outputs) / sizeof(outputs[0]);

	for (int i = 1; i < n; i++) {
		for (int k = 0; k < i; k++) {
			if (outputs[i].path && outputs[k].path &&
			    !strcmp(outputs[i].path, outputs[k].path))
				return complain("--%s and --%s both write to '%s': give each a "
						"file of its own",
						option_name(outputs[k].option),
						option_name(outputs[i].option), outputs[i].path);
		}
	}
	return 0;
}

int options_check(const struct options *o)
{
	bool trace = o->arrivals && !strncmp(o->arrivals, "trace:", 6);

	if (o->loads.n && o->rates.n)
		return complain("--load and --rate both say how much arrives: give one of them");
	if (trace && (o->loads.n || o->rates.n))
		return complain(
			"a trace has a rate of its own: --speed 2 replays it twice as fast, in "
			"place of --load and --rate");
	if (o->duration_ns && o->requests)
		return complain(
			"--duration and --requests both say how long a run is: give one of them");
	if (o->precision && (o->shape || o->duration_ns))
		return complain("--precision makes runs longer, and a run with --shape or "
				"--duration is as long as it says: --seeds shows how sure it is");
	if (o->speed && !trace)
		return complain("--speed is that of a trace: --arrivals trace:FILE");
	for (int i = 0; !o->preempt && i < o->quanta.n; i++) {
		if (o->quanta.x[i] > 0)
			return complain("--preempt no leaves nothing to a --quantum: leave one of "
					"them out");
	}
	return calls_contradiction(o) || repeats(o) || check_outputs(o);
}

int quantum_check(const struct options *o, const struct policy *p, int n)
{
	double most = 0;

	for (int i = 0; i < o->quanta.n; i++)
		most = fmax(most, o->quanta.x[i]);
	for (int i = 0; i < n; i++) {
		if (p[i].ideal || p[i].flags & SHUNT_PREEMPTS)
			return 0;
	}
	return most > 0 && o->preempt != 1
		       ? complain("--quantum is obeyed by policies that preempt, and %s%s not: "
				  "leave it out, or add --preempt yes",
				  p[0].name, n > 1 ? " and the others do" : " does")
		       : 0;
}

int ideal_check(const struct options *o, const struct policy *p, const struct costs *c)
{
	static const int none_of[] = { 'F', 'P', 'R', 'd', 'k' };
	const char *name = costs_beyond_ideal(c);

	if (!p->ideal)
		return 0;
	for (size_t i = 0; i < sizeof(none_of) / sizeof(none_of[0]); i++) {
		if (o->given[none_of[i]])
			return complain("'%s' is an ideal and would not obey --%s: leave it out, "
					"or take a policy, such as fcfs",
					p->name, option_name(none_of[i]));
	}
	for (int i = 0; i < o->quanta.n; i++) {
		if (o->quanta.x[i] > 0)
			return complain("'%s' is an ideal and would not obey --quantum: leave it "
					"out, or take a policy, such as sq",
					p->name);
	}
	return name ? complain("'%s' is an ideal, at no cost, and '%s' sets %s: simulate it alone "
			       "with --system ideal, or take a policy, such as fcfs",
			       p->name, c->name, name)
		    : 0;
}
