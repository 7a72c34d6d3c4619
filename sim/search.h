/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.h - the fewest cores with which one policy and quantum meets all objectives
 *
 * With 64 cores a domain, more cores need not be better: 65 are two domains of 33 and 32 among
 * which requests are halved. So each number of domains is searched by itself: first among equal
 * domains, where more cores are better, by bisection, then one by one below what was found, where
 * domains are unequal.
 */
#pragma once

#include "sweep.h"

struct goal {
	const struct workload *w;
	const char *metric;     /* the quantile that is shown */
	double misses;          /* share of a class's requests that may be later than its SLO */
	int least, most;        /* cores, those that the system reserves included */
	int reserved, domains;  /* domains: 0: as many as 64 cores each need */
};

enum verdict { UNKNOWN, MEETS, FAILS, CLOSE }; /* CLOSE: the interval holds the limit */

/* A run's result as the search needs it, kept when the run is gone. */
struct outcome {
	enum verdict verdict;
	int cores, domains;
	bool carried;
	double lost;                       /* share that was not answered */
	double at[SHUNT_CLASSES], half[SHUNT_CLASSES];    /* the metric */
	double miss[SHUNT_CLASSES], miss_half[SHUNT_CLASSES], done[SHUNT_CLASSES];
	int worst;                         /* class; -1: all meet theirs */
};

enum search_phase { SEARCH_EQUAL, SEARCH_BELOW, SEARCH_END };

struct search {
	const struct policy *p;
	double quantum_us;      /* 0: not preempted */
	enum search_phase phase;
	int domains;            /* of this part of the search */
	int low, high;          /* cores a domain, SEARCH_EQUAL: low fails,
				 * high meets or is one beyond the most */
	int at;                 /* cores that are to be tried next */
	struct outcome best;    /* the fewest that meet; cores 0: none yet */
	struct outcome fewer;   /* the most below it that do not; cores 0: not tried */
};

void search_begin(struct search *s, const struct goal *g);
/* The run of s->at cores has ended. */
void search_take(struct search *s, const struct goal *g, const struct point *p);
void outcome_of(struct outcome *o, const struct goal *g, const struct point *p);
/* Requests of a class below which not even none late says that its objective is met. */
double requests_least(const struct goal *g);
/* The class with an objective that has fewest of them, and fewer than that; -1: none has. */
int too_few(const struct outcome *o, const struct goal *g);
/* Why it does not meet the objectives, or why that is not known. */
void outcome_reason(const struct outcome *o, const struct goal *g, char *text, size_t len);
