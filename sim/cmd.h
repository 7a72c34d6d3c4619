/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd.h - the command line of shunt-sim
 */
#pragma once

#include <getopt.h>

#include "rates.h"
#include "rss.h"
#include "sweep.h"

#define LIST_MAX 64

enum { EXIT_INTERRUPTED = 130 }; /* the others: why.h */

struct strings {
	int n;
	const char *s[LIST_MAX];
};

struct numbers {
	int n;
	double x[LIST_MAX];
};

/* Options without a letter. */
enum {
	OPT_SHAPE = 256, OPT_DURATION, OPT_CLIENTS, OPT_THINK, OPT_TIMEOUT, OPT_RETRIES,
	OPT_BACKOFF, OPT_BUDGET, OPT_HEDGE, OPT_CANCEL, OPT_SERVERS, OPT_FANOUT, OPT_QUORUM,
	OPT_WINDOW, OPT_SERIES, OPT_SERIES_SVG, OPT_END,
};

/* The command line's options, of all verbs. */
struct options {
	struct strings policies, systems, costs, knobs, workloads;
	struct numbers loads, rates, cores, quanta; /* quanta in us */
	const char *arrivals;
	unsigned int flows;
	double flow_skew;
	struct rss rss;
	bool rss_given;
	int domains, preempt, jobs, nfails, seeds;
	struct failure fail[SIM_FAILS];
	uint64_t requests; /* 0: not given */
	uint64_t seed;
	double precision;   /* half width of the interval over the value; 0: as it comes */
	double misses;      /* advise: share of requests that may be late; 0: not given */
	double speed;       /* of a trace; 0: as recorded */
	double instead;     /* paper: in place of what comes out, to see
			     * that it is refused; NAN: not given */
	struct numbers clients, fanouts; /* of which runs differ */
	const char *think;
	struct call_config calls;        /* the rest, which they share */
	const char *series, *series_svg; /* files of results over time */
	const char *shape;  /* of the rate over time */
	double duration_ns; /* of each run; 0: as --requests says */
	const char *csv, *json, *svg, *cdf, *page, *metric, *metric_given;
	bool quiet, help;
	bool given[OPT_END]; /* by the option's letter or number */
	const char *detail;  /* what is wrong with an argument, where more
			      * can be said than what the option wants */
	int argc; /* operands */
	char **argv;
};

#define CLIENTS_MOST 10000000

/* numbers.c: "2.5M", or a time (then in us). 0 or -1. */
int number_parse(const char *text, bool time, double *x);
int whole_parse(const char *text, double low, double high, double *x);
/* "0.1,0.5", "0.1:0.9:0.1"; *detail: what is wrong, where
 * more can be said than what the option wants. */
int add_numbers(struct numbers *to, char *text, bool time, const char **detail);
/* "2%" or "0.02" */
int share_parse(const char *text, double *x);
/* options_check.c: not 0 if options contradict each other, having said which. */
int options_check(const struct options *o);
/* Not 0, having said so, if a quantum is given that none of n policies obeys. */
int quantum_check(const struct options *o, const struct policy *p, int n);
/* Not 0, having said which, if an option or cost is given that ideal policy p ignores. */
int ideal_check(const struct options *o, const struct policy *p, const struct costs *c);
/* obeyed.c: not 0, having said which, if a cost, an option of a class, --fail or --seeds would
 * change nothing in any run. */
int obeyed_check(const struct options *o, const struct sweep *s);
/* How long arrivals take, on average. */
double run_ns(const struct run_config *c);
/* Warns of failures that came after the end of what was run. */
void warn_of_late_failures(const struct sweep *s);
/* options_calls.c */
int take_calls(struct options *o, int c, char *arg);
int calls_contradiction(const struct options *o);

/* 0 or an exit status, having said why. */
int options_parse(struct options *o, int argc, char **argv);

/* options_names.c */
extern const struct option option_names[];
const char *option_name(int c);
/* options_wants.c: what it wants, in words; NULL: of its own words. */
const char *option_wants(int c);
/* verbs.c: 0, or an exit status, having named an option
 * that this verb does not take, and those that it takes. */
int verb_check(const char *verb, const struct options *o);

int cmd_run(struct options *o);
int cmd_paper(struct options *o);
int cmd_advise(struct options *o);
int cmd_mem(struct options *o);
struct figure;
extern const struct paper_figure {
	const char *name, *text; /* NULL ends */
	int (*draw)(struct figure *f);
} paper_figures[];

/* complain.c: says it, with its hint, and forgets it; returns EXIT_FAILED. */
int complain_why(struct why *why);
/* Says something and returns EXIT_FAILED. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define REQUESTS 1000000ULL /* of a run, unless told otherwise */

static inline uint64_t requests_of(const struct options *o, const struct workload *w)
{
	uint64_t n = o->requests ? o->requests : w->trace_n ? w->trace_n : REQUESTS;

	return w->trace_n && n > w->trace_n ? w->trace_n : n;
}

/* A workload as the options have it, with its arrivals and flows. */
int open_workload(struct workload *w, const char *spec, const struct options *o);
/* warnings.c: of runs that are not what they seem to be. */
void warn_of_runs(const struct sweep *s, const struct options *o);
void warn_of_samples(const struct run_config *c);
/* Before the work: can the files be written? */
int try_files(const struct options *o);
/* Writes what was asked for (table, CSV, JSON) and returns
 * the exit status for res of sweep_run(). */
int conclude(const struct options *o, struct sweep *s, int res);
/* plots.c: --svg and --page. */
int draw_files(const struct options *o, const struct sweep *s);
/* CSV and JSON alone. */
int write_files(const struct options *o, const struct sweep *s);
/* knobs.c */
int set_knobs(uint64_t *knob, const struct options *o);
/* Warns of those that the policy of this run does not go by. */
void knobs_warn(const struct options *o, const struct run_config *c);
