// SPDX-License-Identifier: BSD-2-Clause
/*
 * options.c - reads the command line: lists ("0.1,0.5"), ranges ("0.1:0.9:0.1"), times, failures
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int add_words(struct strings *to, char *text)
{
	char *save = NULL;

	int was = to->n;

	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (to->n == LIST_MAX)
			return -1;
		to->s[to->n++] = w;
	}
	return to->n > was ? 0 : -1;
}

static int add_word(struct strings *to, const char *word)
{
	if (to->n == LIST_MAX || !*word)
		return -1;
	to->s[to->n++] = word;
	return 0;
}

#define LOAD_MOST 10

/* A percentage without its sign would be a run that takes forever and tells nothing. */
static int add_loads(struct options *o, char *text)
{
	if (add_numbers(&o->loads, text, false, &o->detail))
		return -1;
	for (int i = 0; i < o->loads.n; i++) {
		if (o->loads.x[i] > LOAD_MOST)
			return -1;
	}
	return 0;
}

/* CORE@TIME[:TIME] */
static int add_failure(struct options *o, char *text)
{
	struct failure f = { 0 };
	long core;
	char *at = strchr(text, '@'), *end, *colon;
	double ns;

	if (!at || o->nfails == SIM_FAILS)
		return -1;
	*at = '\0';
	core = strtol(text, &end, 10);
	if (*end || end == text || core < 0 || core >= SIM_CORES)
		return -1;
	f.core = core;
	colon = strchr(at + 1, ':');
	if (colon) {
		*colon = '\0';
		if (time_parse(colon + 1, &ns) || !(ns > 0))
			return -1;
		f.for_us = ns / 1e3;
	}
	if (time_parse(at + 1, &ns))
		return -1;
	f.at_us = ns / 1e3;
	o->fail[o->nfails++] = f;
	return 0;
}

/* "10k" or "10k/zipf=0.99" */
static int flows(struct options *o, char *arg)
{
	char *skew = strchr(arg, '/'), *end;
	double x;

	if (skew) {
		*skew++ = '\0';
		o->detail = "N, or N/zipf=SKEW with a SKEW above 0 and up to 10";
		if (strncmp(skew, "zipf=", 5))
			return -1;
		o->flow_skew = decimal(skew + 5, &end);
		if (*end || !(o->flow_skew > 0) || o->flow_skew > 10)
			return -1;
	}
	if (whole_parse(arg, 1, 4e9, &x))
		return -1;
	o->flows = x;
	return 0;
}

static int refuse(const struct options *o, int c, const char *was)
{
	const char *why = o->detail ? o->detail : option_wants(c);

	complain("--%s cannot be '%s'%s%s", option_name(c), was, why ? ": " : "", why ? why : "");
	return EXIT_USAGE;
}

static int take(struct options *o, int c, char *arg)
{
	char *end;
	double x;

	switch (c) {
	case 'p': return add_words(&o->policies, arg);
	case 'w': return add_word(&o->workloads, arg);
	case 's': return add_words(&o->systems, arg);
	case 'C': return add_word(&o->costs, arg);
	case 'k': return add_word(&o->knobs, arg);
	case 'l': return add_loads(o, arg);
	case 'r': return add_numbers(&o->rates, arg, false, &o->detail);
	case 'c': return add_numbers(&o->cores, arg, false, &o->detail);
	case 'q': return add_numbers(&o->quanta, arg, true, &o->detail);
	case 'a': o->arrivals = arg; return 0;
	case 'F': return add_failure(o, arg);
	case 'x': o->csv = arg; return 0;
	case 'J': o->json = arg; return 0;
	case 'g': o->svg = arg; return 0;
	case 'H': o->page = arg; return 0;
	case 'D': o->cdf = arg; return 0;
	case 'm': o->metric = arg; return metric_known(arg) ? 0 : -1;
	case 'Q': o->quiet = true; return 0;
	case 'h': o->help = true; return 0;
	case 'P':
		o->preempt = !strcmp(arg, "yes");
		return !o->preempt && strcmp(arg, "no");
	case 'f':
		return flows(o, arg);
	case 'R':
		o->rss_given = true;
		o->detail = "default, symmetric, or 80 hexadecimal digits";
		return rss_key(&o->rss, arg);
	case 'd':
		if (whole_parse(arg, 1, SHUNT_DOMAINS, &x))
			return -1;
		o->domains = x;
		return 0;
	case 'j':
		if (whole_parse(arg, 1, 1024, &x))
			return -1;
		o->jobs = x;
		return 0;
	case 'n':
		if (whole_parse(arg, 100, 1e12, &x))
			return -1;
		o->requests = x;
		return 0;
	case 'E':
		return share_parse(arg, &o->precision);
	case 'M':
		return share_parse(arg, &o->misses);
	case 'I':
		o->detail = "a number";
		o->instead = decimal(arg, &end);
		return end == arg || *end || !isfinite(o->instead) ? -1 : 0;
	case 'N':
		if (whole_parse(arg, 1, 100000, &x))
			return -1;
		o->seeds = x;
		return 0;
	case OPT_SHAPE:
		o->shape = arg;
		return 0;
	case OPT_DURATION:
		return time_parse(arg, &o->duration_ns) || !(o->duration_ns > 0) ? -1 : 0;
	case 'X':
		return number_parse(arg, false, &o->speed);
	case 'S':
		if (*arg < '0' || *arg > '9')
			return -1;
		errno = 0;
		o->seed = strtoull(arg, &arg, 0);
		return *arg || errno ? -1 : 0;
	}
	return take_calls(o, c, arg);
}

int options_parse(struct options *o, int argc, char **argv)
{
	static char args[] = "p:w:s:C:k:l:r:c:q:a:F:x:J:g:m:QhP:f:d:j:n:S:E:N:X:M:I:D:R:H:";
	char was[128];
	int c, which = -1;

	memset(o, 0, sizeof(*o));
	o->preempt = -1;
	o->seed = 1;
	o->seeds = 1;
	o->instead = NAN;
	while ((c = getopt_long(argc, argv, args, option_names, &which)) != -1) {
		if (c == '?') {
			complain("'shunt-sim --help' lists the options");
			return EXIT_USAGE;
		}
		o->given[c] = true;
		o->detail = NULL;
		snprintf(was, sizeof(was), "%s", optarg ? optarg : "");
		if (take(o, c, optarg))
			return refuse(o, c, was);
	}
	if (options_check(o))
		return EXIT_USAGE;
	o->metric_given = o->metric;
	if (!o->metric)
		o->metric = "p99_us";
	o->argc = argc - optind;
	o->argv = argv + optind;
	for (int i = 0; i < o->cores.n; i++) {
		if (o->cores.x[i] > SIM_CORES || o->cores.x[i] != (int)o->cores.x[i]) {
			complain("--cores are whole numbers from 1 to %d", SIM_CORES);
			return EXIT_USAGE;
		}
	}
	return 0;
}
