/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ideal.h - runs of what no machine does: their jobs, and what they share
 */
#pragma once

#include "measure.h"
#include "source.h"

#define JOBS (1 << 20)

struct job {
	double key;     /* heap's order: end in attained service
			 * (PS), what is left (SRPT), an end */
	double arrival, service;
	double left;    /* of the service (oracle) */
	uint64_t n;
	uint8_t cls;
};

struct heap {
	struct job *job; /* from 1 */
	int n;
};

struct ideal_run {
	const struct run_config *c;
	struct run_result *r;
	struct source src;
	struct arrival next;
	bool more;
	double now;       /* ns */
	uint64_t n, warm, in_time, events;
	double first, last, work;
	int cores;
	struct heap run, wait;
	double queued;    /* c-fcfs: requests that wait, by the wait of the last one */
	struct measure m;
};

/* -1: there are JOBS already. */
int heap_push(struct heap *h, const struct job *j);
/* Takes the job at place i (1: the first). */
struct job heap_take(struct heap *h, int i);
/* Draws the next arrival. 0, or -1 with the reason in why. */
int ideal_draw(struct ideal_run *x, struct why *why);
/* When the next arrival is, in ns; INFINITY: there is none. */
double ideal_due(const struct ideal_run *x);
/* The arrival that is due, as a job; the next one is drawn. */
int ideal_arrive(struct ideal_run *x, struct job *j, struct why *why);
/* The job ends. */
void ideal_leave(struct ideal_run *x, const struct job *j, double at);
bool ideal_stopped(struct ideal_run *x, volatile sig_atomic_t *stop);

/* oracle.c */
int run_oracle(struct ideal_run *x, volatile sig_atomic_t *stop, struct why *why);
