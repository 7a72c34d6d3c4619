/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clean.h - latencies with the machine's stalls set aside, and how sure one may be of them
 *
 * A gap is a time in which a process that never sleeps did not run: the CPU was taken from it.
 * Requests that were due in a gap, or while its backlog was served, are set aside. When a request
 * was due decides alone, its latency never does: the schedule of requests knows nothing of the
 * server, so what is left is a fair sample of the requests.
 *
 * Times are CLOCK_MONOTONIC nanoseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why.h"

/* latency of a request that was not answered: longer than all others */
#define CLEAN_NO_REPLY UINT32_MAX
#define CLEAN_CLASSES 15

struct gap {
	uint64_t from, to;
	uint64_t row; /* requests handled one after the other before: in a batch, this is many */
};

struct gaps {
	struct gap *gap; /* in order of time */
	size_t n;
};

struct reply {
	uint64_t due;
	uint32_t latency;
	uint16_t cls;
	uint16_t late; /* 1: the client sent it later than it should have */
};

/* Has the server noted its gaps? */
enum noted {
	NOTED_NOT,    /* there is no file of gaps, or it does not cover the window */
	NOTED_PARTLY, /* it sleeps, or its handlers look at no clock: not all can be seen */
	NOTED,
};

/* A stretch of time in which one system was measured. */
struct window {
	uint64_t begin, end; /* requests were due between these */
	struct reply *reply; /* by due time */
	size_t replies;
	struct gaps client, server; /* also some from before and after the window */
	enum noted noted;
};

struct windows {
	struct window *window;
	size_t n;
};

/*
 * The time set aside around a gap: [from - before, to + backlog * length + after]. Requests that
 * are long under way are in the server when a gap begins: under_way times its length before it are
 * set aside, too, if that is more than "before", and at most under_way_most.
 */
struct rule {
	uint64_t before, after;
	double backlog, under_way;
	uint64_t under_way_most; /* 0: no limit */
};

#define RULE_BEFORE_NS 200000
#define RULE_AFTER_NS 100000
/* a server at 80 % takes this many lengths of a stall to serve its backlog */
#define RULE_BACKLOG 4.0

struct rule rule_widened(const struct rule *r);

/* spans.c */
struct span {
	uint64_t from, to;
};

struct spans {
	struct span *span; /* in order, apart from each other */
	size_t n;
};

/* The spans set aside by gaps of client and server in w, all moved by shift ns; -ENOMEM. */
int spans_of(struct spans *s, const struct window *w, const struct rule *r, int64_t shift);
void spans_free(struct spans *s);
bool spans_have(const struct spans *s, uint64_t due);

/* pool.c: the latencies of several windows */
struct value {
	uint32_t latency, window;
};

struct pool {
	struct value *value; /* sorted by pool_sort() */
	size_t n, room, windows;
};

int pool_add(struct pool *p, uint32_t latency, size_t window);
void pool_sort(struct pool *p);
void pool_free(struct pool *p);

struct estimate {
	/* us; low and high hold the true value with 95 %; NAN: cannot be said; INFINITY: of
	 * requests without a reply */
	double at, low, high;
};

double pool_quantile(const struct pool *p, double q);
/*
 * Bounds by drawing as many windows, with replacement, again and again: no shape of the
 * distribution is assumed. Few windows are less spread than what they are drawn from, so the bounds
 * are as much wider as Student's distribution is than the normal one.
 */
struct estimate pool_estimate(const struct pool *p, double q);

/* overload.c: did the server fall behind? 1 or 0; -ENODATA: too few requests to tell; -ENOMEM */
int window_overloaded(const struct window *w, int cls);

/* verdict.c */
enum { P50, P90, P99, P999, CLEAN_QUANTILES };
extern const double clean_quantile[CLEAN_QUANTILES];
extern const char *const clean_quantile_name[CLEAN_QUANTILES];

struct side {
	/* gaps a second, their share of the time, their length, the share in a row */
	double each_s, share, mean_us, in_batch;
};

/* Results of one class of one system. */
struct summary {
	size_t windows, clean_windows; /* clean ones: of which something was kept */
	size_t due, kept, lost; /* requests; lost: kept ones without a reply */
	size_t late;            /* kept ones that the client sent too late */
	double slo_ns;  /* objective; 0: none */
	size_t in_time; /* kept ones answered within it */
	double answered_p99; /* us, of the kept ones that were answered at all */
	struct estimate raw[CLEAN_QUANTILES], clean[CLEAN_QUANTILES];
	/* of the kept ones, cut once more by the gaps of another window */
	double placebo_p99, placebo_kept;
	double widened_p99, widened_kept; /* by a rule that sets more aside */
	struct side client, server;
	enum noted noted;  /* the worst of all windows */
	size_t overloaded, untold; /* windows; too few requests in it to tell an overload */
	char why[200];     /* why it is compared with nothing; "": it may be */
};

#define CLEAN_ALL (-1) /* all classes */

/* slo_ns: the class's objective; 0: none. -ENOMEM, or 0 */
int summarize(struct summary *s, const struct windows *w, const struct rule *r, int cls,
	      double slo_ns);

enum verdict { NOT_COMPARED, NOT_TOLD_APART, LOWER, HIGHER };
enum verdict compare(const struct summary *a, const struct summary *b, int quantile);
/* One of two servers noted far more gaps than the other, or was away for far longer: does it set
 * its own slow passes aside? */
bool gaps_differ(const struct summary *a, const struct summary *b);

/* summary_json.c */
#include <stdio.h>
void summary_json(FILE *f, const struct summary *s);

/* The load under which windows were measured. */
struct offered {
	double rate;       /* requests a second */
	uint64_t mix;      /* store_mix() of the mix's text */
	bool server_times; /* latencies are the time in the server */
	int classes;
	char name[CLEAN_CLASSES][16];
};

/*
 * store.c: windows in a file, one behind the other; 0 or -errno, -EINVAL and why for one that is
 * not right, or of another load than the first
 */
/* For adding; refuses all but a regular file. The descriptor, or -errno and why. */
int store_open(const char *path, struct why *why);
int store_append(const char *path, const struct windows *w, const struct offered *o);
int store_read(const char *path, struct windows *w, struct offered *o, struct why *why);
uint64_t store_mix(const char *text);
/* Says why two are not the same load; NULL: they are. */
const char *store_other(const struct offered *a, const struct offered *b);
void windows_free(struct windows *w);
