/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * series.h - results over time: arrivals and ends in each of a row of equal windows
 *
 * A window's times are those of the calls that ended in it. The first begins with the run, its
 * unmeasured part (--requests) included; the last ends with the last arrival, and is left out if it
 * is shorter than half.
 */
#pragma once

#include "measure.h"

enum window_count { WINDOW_CAME, WINDOW_ENDED, WINDOW_FAILED, WINDOW_TIMEOUTS, WINDOW_RETRIES,
		    WINDOW_HEDGES, WINDOW_COUNTS };

/* Counts and times in one window, of one class or all. */
struct window {
	uint64_t n[WINDOW_COUNTS];
	uint64_t backlog;             /* calls that are under way at its end */
	double mean_ns, p50_ns, p99_ns; /* NAN: none ended */
};

struct series {
	int n;                /* windows */
	int classes;          /* windows of each: its classes, and one more for all together */
	double window_ns;
	double last_ns;       /* length of the last one */
	struct window *at;    /* n times classes */
};

struct series_maker {
	struct series *s;     /* NULL: none is made */
	tick window, end;     /* of the one that is being filled */
	int room;
	struct window *now;   /* by class */
	struct hist *sojourn;
	double *sum;
};

/* 0 or -ENOMEM. The result is r->series. */
int series_begin(struct series_maker *m, struct run_result *r, double window_ns);
/* Windows that have ended by then are put down. */
void series_until(struct series_maker *m, tick now);
/* Ends the series: no call is counted after this. */
void series_end(struct series_maker *m, tick now);
void series_free(struct series_maker *m);

/* Counts an event of a class's call in the present window. */
static inline void series_count(struct series_maker *m, int cls, enum window_count what)
{
	if (!m->s)
		return;
	m->now[cls].n[what]++;
	m->now[cls].backlog += what == WINDOW_CAME;
	m->now[cls].backlog -= what == WINDOW_ENDED || what == WINDOW_FAILED;
}

static inline void series_sojourn(struct series_maker *m, int cls, double ns)
{
	if (!m->s)
		return;
	series_count(m, cls, WINDOW_ENDED);
	hist_add(&m->sojourn[cls], ns);
	m->sum[cls] += ns;
}
