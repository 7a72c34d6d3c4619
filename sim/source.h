/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - the stream of requests of a run
 */
#pragma once

#include <stdio.h>

#include "sim.h"

struct arrival {
	tick at;
	tick service;
	uint32_t flow; /* hash */
	uint8_t cls;
};

struct source {
	const struct workload *w;
	struct rng when, what, which;
	double gap_ns;     /* mean, at the rate of the moment */
	tick now;
	tick burst_end;    /* bursty */
	uint64_t left;
	FILE *trace;
	uint64_t trace_line;
	bool trace_any;    /* it has a request */
};

int source_open(struct source *s, const struct run_config *c, char *err);
/* 0, 1 at the end, or -1 with the reason in err. */
int source_next(struct source *s, struct arrival *a, char *err);
void source_close(struct source *s);

#define SIM_START (1000000ULL * TICKS_NS) /* no request arrives at 0, which means "none" in the view */
