/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - the stream of requests of a run
 */
#pragma once

#include <stdio.h>

#include "rates.h"
#include "rss.h"
#include "sim.h"

struct arrival {
	tick at;
	tick service;
	uint32_t flow; /* hash */
	uint8_t cls;
	bool recorded; /* the service, in a trace */
};

/* trace.c */
struct trace {
	const char *path;
	FILE *f;
	uint64_t line;
	double last_us;
};

struct recorded {
	double at_us;
	double service_us; /* NAN: not recorded */
	unsigned int flow;
	bool has_flow;
	int cls;
};

int trace_open(struct trace *t, const char *path, struct why *why);
/* 0, 1 at the end, or -1 with the reason in why. */
int trace_next(struct trace *t, const struct workload *w, struct recorded *r, struct why *why);
void trace_close(struct trace *t);

struct source {
	const struct workload *w;
	struct rng when, what, which;
	double gap_ns;     /* mean, at the rate of the moment */
	tick now;
	tick burst_end;    /* bursty */
	uint64_t left;
	struct trace trace;
	struct zipf zipf;
	struct shape_place shape; /* of no shape: the rate is constant */
	bool plain;        /* Poisson, and each request a flow of its own: most are */
};

int source_open(struct source *s, const struct run_config *c, struct why *why);
/* 0, 1 at the end, or -1 with the reason in why. */
int source_next(struct source *s, struct arrival *a, struct why *why);
void source_close(struct source *s);

#define SIM_START (1000000ULL * TICKS_NS) /* no request arrives at 0, which
					   * means "none" in the view */
