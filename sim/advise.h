/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * advise.h - what advise.c searches for and recommend.c decides on
 */
#pragma once

#include "cmd.h"
#include "search.h"

#define LONGER 4     /* times as long as a search's are the runs that confirm what it found */

struct try {
	struct search s;
	int longer;
	int met;               /* of the other seeds, with s.best.cores */
	struct outcome worst;  /* of these */
	bool ended;            /* no more cores are left to it */
};

struct advice {
	struct options *o;
	struct goal g;
	struct workload w;
	struct costs k;
	struct policy policy[LIST_MAX];
	int npolicies;
	struct try *try;
	int n, steps;
	double rate;
	uint64_t knob[SHUNT_KNOBS];
};

/* advise_run.c: one more run of a sweep: so many cores, so many times as long; NULL: no memory. */
struct point *advise_run(struct advice *a, struct sweep *s, const struct search *x, int cores,
			 int longer);
/* How late each class was. */
void advise_outcome(const struct advice *a, const struct outcome *o, FILE *to);
/* advise_table.c: the fewest cores that each search found, or has found so far. */
void advise_table(const struct advice *a);
/* recommend.c: what all searches together come to; an exit status. */
int recommend(struct advice *a);
