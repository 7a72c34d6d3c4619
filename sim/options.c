// SPDX-License-Identifier: BSD-2-Clause
/*
 * options.c - reads the command line: lists ("0.1,0.5"), ranges ("0.1:0.9:0.1"), times, failures
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

int complain(const char *fmt, ...)
{
	va_list args;

	fputs("shunt-sim: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

int complain_why(struct why *why)
{
	complain("%s", why->text ? why->text : "no memory");
	if (why->advice)
		fprintf(stderr, "hint: %s\n", why->advice);
	why_forget(why);
	return EXIT_FAILED;
}

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

/* Numbers with k, M, or for times ns, us, ms, s (then in us). */
static int number(const char *text, bool time, double *x)
{
	char *end;

	if (time) {
		if (time_parse(text, x))
			return -1;
		*x /= 1e3;
		return 0;
	}
	*x = decimal(text, &end);
	if (end == text)
		return -1;
	if (*end == 'k' || *end == 'M')
		*x *= *end++ == 'k' ? 1e3 : 1e6;
	return *end || !(*x > 0) || *x > 1e12 ? -1 : 0;
}

static const char *why; /* what is wrong with the argument, where more can be said */

static int add_range(struct numbers *to, char *text)
{
	double low, high, step;
	char *second = strchr(text, ':'), *third = second ? strchr(second + 1, ':') : NULL;

	if (!third)
		return -1;
	*second++ = *third++ = '\0';
	if (number(text, false, &low) || number(second, false, &high) || number(third, false, &step))
		return -1;
	if (high < low) {
		why = "the range ends before it begins: LOW:HIGH:STEP";
		return -1;
	}
	if ((high - low) / step > LIST_MAX) {
		why = "the range has more than 64 steps";
		return -1;
	}
	for (int i = 0; low + i * step <= high + step * 1e-6; i++) {
		if (to->n == LIST_MAX)
			return -1;
		to->x[to->n++] = low + i * step;
	}
	return 0;
}

int add_numbers(struct numbers *to, char *text, bool time)
{
	char *save = NULL;

	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (strchr(w, ':')) {
			if (time || add_range(to, w))
				return -1;
			continue;
		}
		if (to->n == LIST_MAX || number(w, time, &to->x[to->n]))
			return -1;
		to->n++;
	}
	return to->n ? 0 : -1;
}

#define LOAD_MOST 10

/* A percentage without its sign would be a run that takes forever and tells nothing. */
static int add_loads(struct numbers *to, char *text)
{
	if (add_numbers(to, text, false))
		return -1;
	for (int i = 0; i < to->n; i++) {
		if (to->x[i] > LOAD_MOST)
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

static int whole(const char *text, double low, double high, double *x)
{
	return number(text, false, x) || *x < low || *x > high || *x != (double)(uint64_t)*x ? -1 : 0;
}

/* "2%" or "0.02" */
int share_parse(const char *text, double *x)
{
	char *end;

	*x = decimal(text, &end);
	if (end != text && *end == '%') {
		*x /= 100;
		end++;
	}
	return *end || !(*x >= 1e-4) || *x > 1 ? -1 : 0;
}

int set_knobs(uint64_t *knob, const struct options *o)
{
	char *end;
	unsigned long i;

	for (int k = 0; k < o->knobs.n; k++) {
		i = strtoul(o->knobs.s[k], &end, 10);
		if (*end != '=' || end == o->knobs.s[k] || i >= SHUNT_KNOBS)
			return complain("'%s' is not KNOB=VALUE, KNOB 0 to %d", o->knobs.s[k], SHUNT_KNOBS - 1);
		if (end[1] < '0' || end[1] > '9')
			return complain("'%s' has no VALUE: KNOB=VALUE, as in 0=3 or 0=0xff", o->knobs.s[k]);
		errno = 0;
		knob[i] = strtoull(end + 1, &end, 0);
		if (*end || errno)
			return complain("'%s' is not KNOB=VALUE, VALUE up to 2^64 - 1", o->knobs.s[k]);
	}
	return 0;
}

/* "10k" or "10k/zipf=0.99" */
static int flows(struct options *o, char *arg)
{
	char *skew = strchr(arg, '/'), *end;
	double x;

	if (skew) {
		*skew++ = '\0';
		why = "N, or N/zipf=SKEW with a SKEW above 0 and up to 10";
		if (strncmp(skew, "zipf=", 5))
			return -1;
		o->flow_skew = decimal(skew + 5, &end);
		if (*end || !(o->flow_skew > 0) || o->flow_skew > 10)
			return -1;
	}
	if (whole(arg, 1, 4e9, &x))
		return -1;
	o->flows = x;
	return 0;
}

static const struct option longs[] = {
	{ "rss", required_argument, NULL, 'R' },     { "page", required_argument, NULL, 'H' },
	{ "policy", required_argument, NULL, 'p' },   { "workload", required_argument, NULL, 'w' },
	{ "system", required_argument, NULL, 's' },   { "cost", required_argument, NULL, 'C' },
	{ "load", required_argument, NULL, 'l' },     { "rate", required_argument, NULL, 'r' },
	{ "cores", required_argument, NULL, 'c' },    { "quantum", required_argument, NULL, 'q' },
	{ "knob", required_argument, NULL, 'k' },     { "arrivals", required_argument, NULL, 'a' },
	{ "flows", required_argument, NULL, 'f' },    { "domains", required_argument, NULL, 'd' },
	{ "preempt", required_argument, NULL, 'P' },  { "fail", required_argument, NULL, 'F' },
	{ "requests", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 'S' },
	{ "jobs", required_argument, NULL, 'j' },     { "csv", required_argument, NULL, 'x' },
	{ "json", required_argument, NULL, 'J' },     { "svg", required_argument, NULL, 'g' },
	{ "metric", required_argument, NULL, 'm' },   { "quiet", no_argument, NULL, 'Q' },
	{ "precision", required_argument, NULL, 'E' }, { "seeds", required_argument, NULL, 'N' },
	{ "speed", required_argument, NULL, 'X' },   { "misses", required_argument, NULL, 'M' },
	{ "cdf", required_argument, NULL, 'D' },
	{ "shape", required_argument, NULL, OPT_SHAPE }, { "duration", required_argument, NULL, OPT_DURATION },
	{ "clients", required_argument, NULL, OPT_CLIENTS }, { "think", required_argument, NULL, OPT_THINK },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT }, { "retries", required_argument, NULL, OPT_RETRIES },
	{ "backoff", required_argument, NULL, OPT_BACKOFF }, { "retry-budget", required_argument, NULL, OPT_BUDGET },
	{ "hedge", required_argument, NULL, OPT_HEDGE },     { "cancel", no_argument, NULL, OPT_CANCEL },
	{ "servers", required_argument, NULL, OPT_SERVERS }, { "fanout", required_argument, NULL, OPT_FANOUT },
	{ "quorum", required_argument, NULL, OPT_QUORUM },   { "window", required_argument, NULL, OPT_WINDOW },
	{ "series", required_argument, NULL, OPT_SERIES },   { "series-svg", required_argument, NULL, OPT_SERIES_SVG },
	{ "instead", required_argument, NULL, 'I' },
	{ "help", no_argument, NULL, 'h' },           { 0 },
};

static int refuse(int c, const char *was)
{
	why = why ? why : option_wants(c);
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
	case 'l': return add_loads(&o->loads, arg);
	case 'r': return add_numbers(&o->rates, arg, false);
	case 'c': return add_numbers(&o->cores, arg, false);
	case 'q': return add_numbers(&o->quanta, arg, true);
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
		why = "default, symmetric, or 80 hexadecimal digits";
		return rss_key(&o->rss, arg);
	case 'd':
		if (whole(arg, 1, SHUNT_DOMAINS, &x))
			return -1;
		o->domains = x;
		return 0;
	case 'j':
		if (whole(arg, 1, 1024, &x))
			return -1;
		o->jobs = x;
		return 0;
	case 'n':
		if (whole(arg, 100, 1e12, &x))
			return -1;
		o->requests = x;
		return 0;
	case 'E':
		return share_parse(arg, &o->precision);
	case 'M':
		return share_parse(arg, &o->misses);
	case 'I':
		why = "a number";
		o->instead = decimal(arg, &end);
		return end == arg || *end || !isfinite(o->instead) ? -1 : 0;
	case 'N':
		if (whole(arg, 1, 100000, &x))
			return -1;
		o->seeds = x;
		return 0;
	case OPT_SHAPE:
		o->shape = arg;
		return 0;
	case OPT_DURATION:
		return time_parse(arg, &o->duration_ns) || !(o->duration_ns > 0) ? -1 : 0;
	case 'X':
		return number(arg, false, &o->speed);
	case 'S':
		if (*arg < '0' || *arg > '9')
			return -1;
		errno = 0;
		o->seed = strtoull(arg, &arg, 0);
		return *arg || errno ? -1 : 0;
	}
	return take_calls(o, c, arg);
}

const char *option_name(int c)
{
	for (int i = 0; longs[i].name; i++) {
		if (longs[i].val == c)
			return longs[i].name;
	}
	return "";
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
	while ((c = getopt_long(argc, argv, args, longs, &which)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		o->given[c] = true;
		snprintf(was, sizeof(was), "%s", optarg ? optarg : "");
		if (take(o, c, optarg))
			return refuse(c, was);
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
