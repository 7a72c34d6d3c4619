// SPDX-License-Identifier: BSD-2-Clause
/*
 * warnings.c - warnings before runs that are not what they seem to be
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "measure.h"

/* mq goes by objectives: without any it does what fcfs does. */
static bool lacks_objectives(const struct run_config *c, const struct policy *p)
{
	int classes = 0, objectives = 0;

	for (int k = 0; k < c->w->nclasses; k++) {
		const struct sim_class *of = &c->w->cls[k];

		if (policy_of(c, of->service_no) != p)
			continue;
		classes++;
		objectives += of->slo_us > 0;
	}
	return !strcmp(p->name, "mq") && classes > 1 && !objectives;
}

static void warn_of_objectives(const struct run_config *c)
{
	bool lacks = lacks_objectives(c, c->policy);

	for (int i = 0; i < c->policy->neach && !lacks; i++)
		lacks = lacks_objectives(c, &c->policy->each[i]);
	if (lacks)
		fprintf(stderr,
			"shunt-sim: warning: no class %s'%.100s' has an objective, so mq serves "
			"in order of arrival, as fcfs does: NAME=SHARE:TIME/slo=TIME (of a trace: "
			"--workload, or its line '# workload: ')\n",
			c->policy->each ? "of a service of mq in " : "of ", c->w->text);
}

/* The tail of a few recorded times is that of the few slowest of them, however long the run. */
void warn_of_samples(const struct run_config *c)
{
	for (int k = 0; k < c->w->nclasses; k++) {
		bool p99 = samples_reach(c, k, P99), p999 = samples_reach(c, k, P999);

		if (p999 || c->w->trace_n)
			continue;
		fprintf(stderr, "shunt-sim: warning: class '%s' has %zu recorded times, and ",
			c->w->cls[k].name, c->w->cls[k].service.nsample);
		if (c->calls.fanout > 1)
			fprintf(stderr, "of calls to %d ", c->calls.fanout);
		fprintf(stderr, "%s the slowest few of them: no interval is given, record more\n",
			p99 ? "p99.9 is that of" : "p99 and p99.9 are those of");
	}
}

static bool is_first_of_its_policy(const struct sweep *s, int i)
{
	for (int k = 0; k < i; k++) {
		if (s->p[k].c.policy == s->p[i].c.policy)
			return false;
	}
	return true;
}

static bool is_first_of_its_policy_and_workload(const struct sweep *s, int i)
{
	for (int k = 0; k < i; k++) {
		if (s->p[k].c.w == s->p[i].c.w && s->p[k].c.policy == s->p[i].c.policy)
			return false;
	}
	return true;
}

/* The first of those with the largest fan-out, of its workload. */
static bool is_widest_of_its_workload(const struct sweep *s, int i)
{
	for (int k = 0; k < s->n; k++) {
		int wider = s->p[k].c.calls.fanout - s->p[i].c.calls.fanout;

		if (s->p[k].c.w == s->p[i].c.w && (wider > 0 || (!wider && k < i)))
			return false;
	}
	return true;
}

void warn_of_runs(const struct sweep *s, const struct options *o)
{
	for (int i = 0; i < s->n; i++) {
		if (is_first_of_its_policy(s, i))
			knobs_warn(o, &s->p[i].c);
		if (is_first_of_its_policy_and_workload(s, i))
			warn_of_objectives(&s->p[i].c);
		if (is_widest_of_its_workload(s, i))
			warn_of_samples(&s->p[i].c);
	}
}
