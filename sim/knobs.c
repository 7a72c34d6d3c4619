// SPDX-License-Identifier: BSD-2-Clause
/*
 * knobs.c - the numbers that --knob gives to policies, and whether a policy goes by them
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define TRIAL 2000     /* requests */
#define TRIAL_LOAD 0.9 /* something waits */

static int knob_parse(const char *text, unsigned long *knob, uint64_t *value)
{
	char *end;

	*knob = strtoul(text, &end, 10);
	if (*end != '=' || end == text || *knob >= SHUNT_KNOBS)
		return complain("'%s' is not KNOB=VALUE, KNOB 0 to %d", text, SHUNT_KNOBS - 1);
	if (end[1] < '0' || end[1] > '9')
		return complain("'%s' has no VALUE: KNOB=VALUE, as in 0=3 or 0=0xff", text);
	errno = 0;
	*value = strtoull(end + 1, &end, 0);
	return *end || errno ? complain("'%s' is not KNOB=VALUE, VALUE up to 2^64 - 1", text) : 0;
}

int set_knobs(uint64_t *knob, const struct options *o)
{
	unsigned long i;
	uint64_t value, given = 0;

	for (int k = 0; k < o->knobs.n; k++) {
		if (knob_parse(o->knobs.s[k], &i, &value))
			return EXIT_FAILED;
		if (given >> i & 1)
			return complain("--knob gives knob %lu twice: leave one of them out", i);
		given |= 1ULL << i;
		knob[i] = value;
	}
	return 0;
}

/* A short run's results as one number; 0: the run fails, and the real one will say why. */
static double trial(struct run_config c, unsigned long knob, uint64_t value)
{
	struct run_result r;
	struct why why = { 0 };
	double sum = 0;

	c.knob[knob] = value;
	if (run_any(&c, &r, NULL, &why)) {
		why_forget(&why);
		return 0;
	}
	sum = r.events + 3.0 * r.held + 5.0 * r.stolen + 7.0 * r.preempted + 11.0 * r.bad_answers;
	for (int k = 0; k < r.nclasses; k++)
		sum += r.cls[k].done * (k + 1) * r.cls[k].sojourn_ns;
	run_free(&r);
	return sum;
}

/* Is a trial another with another value? */
static bool matters(const struct run_config *of, unsigned long knob)
{
	static const uint64_t others[] = { 0, 1, 2, 3, 0x101, ~0ULL };
	struct run_config c = *of;
	double given;

	memset(&c.calls, 0, sizeof(c.calls));
	c.shape = NULL;
	c.nfails = 0;
	c.requests = c.requests < TRIAL ? c.requests : TRIAL;
	c.rate = rate_of(&c, TRIAL_LOAD);
	given = trial(c, knob, c.knob[knob]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (trial(c, knob, others[i]) != given)
			return true;
	}
	return false;
}

void knobs_warn(const struct options *o, const struct run_config *c)
{
	unsigned long knob;
	uint64_t value;

	for (int k = 0; k < o->knobs.n && !c->policy->ideal; k++) {
		if (knob_parse(o->knobs.s[k], &knob, &value) || matters(c, knob))
			continue;
		fprintf(stderr,
			"shunt-sim: warning: --knob %s changes nothing: '%s' (%s) does the same "
			"whatever knob %lu is; leave it out ('shunt policies' says which knobs "
			"policies read)\n",
			o->knobs.s[k], c->policy->name, c->policy->text, knob);
	}
}
