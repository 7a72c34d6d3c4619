// SPDX-License-Identifier: BSD-2-Clause
/*
 * workload.c - what arrives: classes with shares, service times and objectives
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Shinjuku's objective of a class is its p99 alone on the machine: a few times its service. */
const char *const workload_names[][3] = {
	{ "fixed1", "all=1:1us", "fixed 1 us" },
	{ "fixed5", "all=1:5us", "fixed 5 us" },
	{ "fixed100", "all=1:100us", "fixed 100 us" },
	{ "exp1", "all=1:exp(1us)", "exponential, mean 1 us" },
	{ "exp10", "all=1:exp(10us)", "exponential, mean 10 us" },
	{ "lognormal", "all=1:lognormal(1us;10us)",
	  "lognormal, mean 1 us, standard deviation 10 us" },
	{ "bimodal-500", "all=1:modes(0.995:500ns;0.005:500us)",
	  "99.5 % 0.5 us, 0.5 % 500 us, one class" },
	{ "bimodal-500-2", "short=0.995:500ns/slo=5us,long=0.005:500us/slo=2ms",
	  "the same, told apart as two classes" },
	{ "bimodal-100", "short=0.5:1us/slo=10us,long=0.5:100us/slo=300us",
	  "50 % 1 us, 50 % 100 us" },
	{ "trimodal", "short=1/3:1us/slo=10us,middle=1/3:10us/slo=50us,long=1/3:100us/slo=300us",
	  "a third each 1, 10 and 100 us" },
	{ "offload-fig2", "all=1:modes(0.995:5us;0.005:100us)", "99.5 % 5 us, 0.5 % 100 us" },
	{ "stale-bimodal", "all=1:modes(0.995:5us;0.005:1ms)", "99.5 % 5 us, 0.5 % 1 ms" },
	{ "rocksdb", "get=0.995:6us/slo=50us,scan=0.005:240us/slo=1ms",
	  "RocksDB: GET and SCAN(1000)" },
	{ "rocksdb-50", "get=0.5:6us/slo=50us,scan=0.5:1200us/slo=6ms",
	  "RocksDB: GET and SCAN(5000)" },
	{ NULL },
};

enum {
	OPTION_SLO = 1, OPTION_QUANTUM = 2, OPTION_REQUEUE = 4, OPTION_SERVICE = 8,
	OPTION_ADMIT = 16, OPTION_LEAST = 32, OPTION_EXPIRE = 64
};

static unsigned int option_bit(const char *key)
{
	return !strcmp(key, "slo")       ? OPTION_SLO
	       : !strcmp(key, "quantum") ? OPTION_QUANTUM
	       : !strcmp(key, "requeue") ? OPTION_REQUEUE
	       : !strcmp(key, "service") ? OPTION_SERVICE
	       : !strcmp(key, "admit")   ? OPTION_ADMIT
	       : !strcmp(key, "least")   ? OPTION_LEAST
	       : !strcmp(key, "expire")  ? OPTION_EXPIRE
					 : 0;
}

static int set_service(struct workload *w, struct sim_class *c, const char *name)
{
	if (!*name || strlen(name) >= sizeof(w->service[0]))
		return -1;
	for (c->service_no = 0; c->service_no < w->nservices; c->service_no++) {
		if (!strcmp(w->service[c->service_no], name))
			return 0;
	}
	strcpy(w->service[w->nservices++], name);
	return 0;
}

/* A whole percentage from 1 to most, into *percent. 0 or -1. */
static int set_percent(uint32_t *percent, const char *text, uint32_t most)
{
	char *end;
	double number = decimal(text, &end);

	if (end == text || strcmp(end, "%") || !(number >= 1 && number <= most) ||
	    number != floor(number))
		return -1;
	*percent = number;
	return 0;
}

static int set_admit(struct sim_class *c, const char *text)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return set_percent(&c->admit, text, SHUNT_SLACK_MAX);
	c->admit = strcmp(text, "on") ? SHUNT_ADMIT_ALL : 0;
	return 0;
}

/* A whole number of objectives. */
static int set_expire(struct sim_class *c, const char *text)
{
	char *end;
	double number = decimal(text, &end);

	if (end == text || *end || !(number >= 1 && number <= SHUNT_EXPIRE_MAX) ||
	    number != floor(number))
		return -1;
	c->expire = number;
	return 0;
}

static int set_option(struct workload *w, struct sim_class *c, const char *key, const char *value)
{
	double ns;

	if (!strcmp(key, "service"))
		return set_service(w, c, value);
	if (!strcmp(key, "admit"))
		return set_admit(c, value);
	if (!strcmp(key, "least"))
		return set_percent(&c->least, value, SHUNT_LEAST_MAX);
	if (!strcmp(key, "expire"))
		return set_expire(c, value);
	if (!strcmp(key, "requeue")) {
		c->requeue = !strcmp(value, "head") ? REQUEUE_HEAD :
			     !strcmp(value, "tail") ? REQUEUE_TAIL : REQUEUE_AUTO;
		return c->requeue == REQUEUE_AUTO && strcmp(value, "auto") ? -1 : 0;
	}
	if (time_parse(value, &ns))
		return -1;
	if (!strcmp(key, "slo"))
		c->slo_us = ns / 1e3;
	else if (!strcmp(key, "quantum"))
		c->quantum_us = ns / 1e3;
	else
		return -1;
	return 0;
}

static int class_parse(struct workload *w, struct sim_class *c, char *text, struct why *why)
{
	char *eq = strchr(text, '='), *colon = eq ? strchr(eq, ':') : NULL, *opt, *close, *end,
	     *value;
	unsigned int given = 0;

	if (!colon || eq == text || (size_t)(eq - text) >= sizeof(c->name)) {
		if (!eq)
			why_hint(why, "'shunt-sim list' names the workloads that are built in");
		why_fail(why, -1, "'%s' is no class (NAME=SHARE:TIME[/slo=TIME][/quantum=TIME]"
			 "[/requeue=head|tail][/admit=on|off|N%%]"
			 "[/least=N%%][/expire=N][/service=NAME])", text);
		return -1;
	}
	*eq = *colon = '\0';
	memcpy(c->name, text, eq - text + 1);
	c->share = decimal(eq + 1, &end);
	if (*end == '/' && end != eq + 1)
		c->share /= decimal(end + 1, &end);
	if (*end || end == eq + 1 || !(c->share > 0) || c->share > 1e9) {
		why_fail(why, -1,
			 "class '%s' has no share '%s': give a number above 0, or a fraction as in "
			 "1/3",
			 text, eq + 1);
		return -1;
	}
	close = strchr(colon + 1, ')'); /* a path in file(…) has slashes of its own */
	opt = strchr(close ? close : colon + 1, '/');
	while (opt) {
		*opt++ = '\0';
		char *next = strchr(opt, '/');

		if (next)
			*next = '\0';
		value = strchr(opt, '=');
		if (value)
			*value++ = '\0';
		if (value && (option_bit(opt) & (OPTION_SLO | OPTION_QUANTUM)) &&
		    time_lacks_unit(value))
			return why_fail(why, -1, "class '%s': %s=%s has no unit: write %sus", text,
					opt, value, value);
		if (!value || set_option(w, c, opt, value)) {
			why_fail(why, -1, "class '%s' has no option '%s=%s'", text, opt,
				 value ? value : "");
			return -1;
		}
		if (option_bit(opt) == OPTION_SLO && !(c->slo_us > 0))
			return why_fail(why, -1,
					"class '%s' has the objective '%s', which nothing meets: a "
					"time above 0, or leave /slo= out",
					text, value);
		if (given & option_bit(opt))
			return why_fail(why, -1,
					"class '%s' is given '%s' twice: leave one of them out",
					text, opt);
		given |= option_bit(opt);
		opt = next;
	}
	return dist_parse(&c->service, colon + 1, why);
}

/* Shares of one (or of 100) alone: what does not add up is a slip. */
static int check_shares(const struct workload *w, struct why *why)
{
	double sum = 0;
	uint32_t least = 0;

	for (int i = 0; i < w->nclasses; i++) {
		sum += w->cls[i].share;
		least += w->cls[i].least;
		if (w->cls[i].expire && !(w->cls[i].slo_us > 0))
			return why_fail(why, -1,
					"class '%s' has /expire=, a number of objectives, and no "
					"objective: give it an /slo=",
					w->cls[i].name);
		for (int k = 0; k < i; k++) {
			if (!strcmp(w->cls[k].name, w->cls[i].name))
				return why_fail(why, -1, "two classes are called '%s'",
						w->cls[i].name);
		}
	}
	if (least > SHUNT_LEAST_MAX)
		return why_fail(why, -1,
				"guaranteed shares (/least=) add up to %u%%: 100%% at most", least);
	if (shares_add_up(sum))
		return 0;
	return why_fail(why, -1,
			"the shares of the classes add up to %g: make them 1, or 100 (a third is "
			"1/3)",
			sum);
}

/* All classes are of a service, or none is. */
static int check_services(const struct workload *w, const char *text, struct why *why)
{
	int named = 0;

	for (const char *at = text; (at = strstr(at, "/service=")); at++)
		named++;
	return !named || named == w->nclasses
		       ? 0
		       : why_fail(why, -1,
				  "some classes have a /service= and some none: name it for all");
}

static void sum_up(struct workload *w)
{
	double sum = 0, upto = 0, sq = 0, s;

	for (int i = 0; i < w->nclasses; i++)
		sum += w->cls[i].share;
	w->mean_ns = 0;
	for (int i = 0; i < w->nclasses; i++) {
		struct sim_class *c = &w->cls[i];

		c->share /= sum;
		c->upto = upto += c->share;
		s = c->service.mean_ns;
		w->mean_ns += c->share * s;
		sq += c->share * s * s * (1 + c->service.scv);
		/* Shinjuku's rule of thumb: heavy-tailed or
		 * multi-modal to the tail, others to the head. */
		c->tail = c->requeue == REQUEUE_TAIL ||
			  (c->requeue == REQUEUE_AUTO && c->service.scv > 1.5);
	}
	w->scv = sq / (w->mean_ns * w->mean_ns) - 1;
}

int workload_parse(struct workload *w, const char *text, struct why *why)
{
	char buf[SIM_TEXT], *save = NULL;

	memset(w, 0, sizeof(*w));
	for (int i = 0; workload_names[i][0]; i++) {
		if (!strcmp(text, workload_names[i][0]))
			text = workload_names[i][1];
	}
	if (strlen(text) >= sizeof(buf)) {
		why_fail(why, -1, "the workload is longer than %zu bytes", sizeof(buf) - 1);
		return -1;
	}
	strcpy(buf, text);
	strcpy(w->text, text);
	for (char *c = strtok_r(buf, ",", &save); c; c = strtok_r(NULL, ",", &save)) {
		if (w->nclasses == SHUNT_CLASSES) {
			why_fail(why, -1, "more than %d classes", SHUNT_CLASSES);
			goto bad;
		}
		if (class_parse(w, &w->cls[w->nclasses++], c, why))
			goto bad;
	}
	if (!w->nclasses) {
		why_fail(why, -1, "the workload is empty");
		goto bad;
	}
	if (check_shares(w, why) || check_services(w, text, why))
		goto bad;
	sum_up(w);
	return 0;
bad:
	workload_free(w);
	return -1;
}

/* FACTOR:TIME */
static int bursty(struct workload *w, const char *text, struct why *why)
{
	char *end;
	double ns, factor = decimal(text, &end);

	if (end == text || *end != ':')
		return why_fail(why, -1,
				"'bursty:%s' lacks its FACTOR or its TIME: bursty:FACTOR:TIME, as "
				"in bursty:4:100us",
				text);
	if (!(factor > 1 && factor <= 1000))
		return why_fail(why, -1,
				"bursty:%s: the factor, of a burst's rate over the mean rate, is "
				"above 1 and up to 1000",
				text);
	if (time_parse(end + 1, &ns) || !(ns > 0))
		return why_fail(why, -1,
				"bursty:%s: '%s' is no mean length of a burst: a time with its "
				"unit, as in 100us",
				text, end + 1);
	w->arrivals = ARRIVE_BURSTY;
	w->burst_factor = factor;
	w->burst_us = ns / 1e3;
	return 0;
}

/* "poisson", "uniform", "bursty:FACTOR:TIME", "trace:FILE" */
int arrivals_parse(struct workload *w, const char *text, struct why *why)
{
	if (!strcmp(text, "poisson") || !strcmp(text, "uniform")) {
		w->arrivals = *text == 'p' ? ARRIVE_POISSON : ARRIVE_UNIFORM;
		return 0;
	}
	if (!strncmp(text, "trace:", 6) && text[6] && strlen(text + 6) < sizeof(w->trace)) {
		w->arrivals = ARRIVE_TRACE;
		strcpy(w->trace, text + 6);
		w->trace_speed = 1;
		return 0;
	}
	if (!strncmp(text, "bursty:", 7))
		return bursty(w, text + 7, why);
	why_fail(why, -1, "'%s' is no kind of arrivals (poisson, uniform, bursty:FACTOR:TIME, "
		 "trace:FILE)", text);
	return -1;
}

bool has_objective(const struct workload *w)
{
	for (int c = 0; c < w->nclasses; c++) {
		if (w->cls[c].slo_us > 0)
			return true;
	}
	return false;
}

void workload_free(struct workload *w)
{
	for (int i = 0; i < w->nclasses; i++)
		dist_free(&w->cls[i].service);
}
