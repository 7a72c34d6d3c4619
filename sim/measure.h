/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure.h - what a run measures, in batches that tell how sure each number is
 *
 * The measured requests are cut into 32 batches in the order in which they end. A quantile of all
 * of them lies, 19 times of 20, within t * s of its true value, where s is the deviation of the
 * batches' own quantiles from it over the root of their number (sectioning). A batch must hold 20
 * requests beyond the quantile, or two or four are taken together; of eight such batches at least
 * the interval is made, else it is not known. Of two sizes of batches the wider interval counts, as
 * batches that are too short depend on each other.
 */
#pragma once

#include "sim.h"

#define BEYOND 20       /* requests that a batch must have beyond a
			 * quantile, and recorded times a file() */
#define BATCHES 32
#define LEVELS 3        /* 32 batches, 16 of twice the size, 8 */
#define BATCHES_LEAST 8

enum { SUM_SOJOURN, SUM_WAIT, SUM_SLOW, SUM_MISS, SUMS };

struct batched {        /* one class, or all */
	struct hist sojourn[LEVELS], slow[LEVELS];
	double sum[LEVELS][SUMS];
	double value[LEVELS][QUANTITIES][BATCHES];
	int n[LEVELS];
};

struct measure {
	struct run_result *r;
	const struct run_config *c;
	double slo_ns[SHUNT_CLASSES];
	bool slo;                  /* any class has one */
	uint64_t size, ended;      /* requests of a batch; in this one so far */
	struct batched *of;        /* nclasses, and one more for all together */
	uint64_t step, next;       /* a look at the backlog comes every so
				    * many arrivals; at which the next */
	int looks;
};

int measure_begin(struct measure *m, struct run_result *r, const struct run_config *c);
void measure_batch(struct measure *m);
/* Writes means, and each number's interval, into the result. */
void measure_finish(struct measure *m);
void measure_free(struct measure *m);
void measure_backlog(struct measure *m, uint64_t in_flight);

/* quantity.c. share: of the requests below it, 0 for a mean; slow: of slowdowns. */
extern const struct quantity_kind {
	double share;
	bool slow;
	int sum;
	double spread;
} quantity_kinds[QUANTITIES];

/* sure.c: the intervals of class k (or of all), once means
 * and the use of the cores are in the result. */
void how_sure(struct measure *m, int k);

/* alone.c: of class k, or of all together. */
double service_quantile(const struct workload *w, int k, double share);
/* The share whose service alone is later than its objective. */
double service_late(const struct workload *w, int k);
/* False: it lies where a file() has too few recorded times to tell. */
bool samples_reach(const struct run_config *c, int k, enum quantity q);

/* A request of those measured has ended. */
static inline void measure_end(struct measure *m, int cls, double sojourn_ns, double service_ns,
			       double slow)
{
	struct batched *b = &m->of[cls];

	b->sum[0][SUM_SOJOURN] += sojourn_ns;
	b->sum[0][SUM_WAIT] += sojourn_ns - service_ns;
	b->sum[0][SUM_SLOW] += slow;
	b->sum[0][SUM_MISS] += sojourn_ns > m->slo_ns[cls];
	hist_add(&b->sojourn[0], (int64_t)sojourn_ns);
	hist_add(&b->slow[0], (int64_t)(slow * 64));
	if (++m->ended == m->size)
		measure_batch(m);
}

/* Notes that the n-th measured request arrives, with so many in the system. */
static inline void measure_arrival(struct measure *m, uint64_t n, uint64_t in_flight)
{
	if (n == m->next)
		measure_backlog(m, in_flight);
}
