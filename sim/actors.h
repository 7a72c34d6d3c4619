/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actors.h - iPipe's scheduler (SIGCOMM '19): actors on a NIC's
 * cores and a host's; actors.c has the clock, the cores and
 *            what waits, ipipe.c who is moved where
 *
 * Each class of the workload has so many actors of its own. A NIC core is of the FCFS group, which
 * takes what arrives from one queue, or of the DRR group, which serves the mailboxes of actors that
 * were downgraded, round robin. A request for an actor on the host is forwarded by a NIC core; each
 * host core has a queue of its own.
 */
#pragma once

#include "measure.h"
#include "sim.h"
#include "source.h"
#include "tournament.h"

#define ACTORS_MOST 1024  /* of all classes together */
#define PLACE_CORES 64    /* of the NIC, and of the host */

struct message {
	tick arrival, service;
	uint64_t n;
	uint32_t next;  /* in its queue; 0: none */
	uint16_t actor;
	uint8_t cls, core; /* core: of the host */
};

struct queue {
	uint32_t head, tail, n;
};

/* DRAINING: is to move when its mailbox is empty */
enum actor_state { ON_FCFS, ON_DRR, DRAINING, MOVING, ON_HOST };

struct actor {
	enum actor_state state;
	bool to_host;          /* MOVING: where to */
	struct queue mailbox;  /* ON_DRR, DRAINING */
	struct queue buffer;   /* what came since it is to move */
	double deficit;        /* ticks */
	double exec;           /* what a request takes on the NIC, EWMA, ticks */
	double mean, square;   /* of its requests' latencies, queueing included, EWMA */
	double work;           /* of its requests, on the NIC, a tick: EWMA over windows */
	double window_work;
};

enum doing { IDLE, EXECUTES, FORWARDS };

struct place_core {
	enum doing doing;
	uint32_t job;
	tick begun;
	double busy;           /* in this window */
	struct queue queue;    /* of the host */
};

struct actors_run {
	const struct run_config *c;
	struct run_result *r;
	const struct actor_costs *k;
	bool by_algorithm;     /* its Algorithms 1 and 2 to the letter, else its text */
	bool standalone;       /* DRR alone: nobody moves */
	struct source src;
	struct arrival coming;
	struct measure m;
	struct tournament times;
	tick now, first, last;
	uint64_t n, warm, in_time, events, in_flight;
	struct message *pool;
	uint32_t free_job, fresh_job;
	struct actor actor[ACTORS_MOST];
	int nactors, each;     /* of a class */
	double upto[ACTORS_MOST]; /* cumulated shares within a class */
	struct place_core nic[PLACE_CORES], host[PLACE_CORES];
	int nnic, nhost, ndrr; /* the last ndrr cores of the NIC are the DRR group */
	struct queue fcfs;     /* what arrived and nobody has looked at */
	struct queue to_host;  /* travels; constant delay, so in order */
	tick *host_at;         /* by job: when it comes to the host */
	int cursor;            /* DRR: the actor that is visited next */
	int moving;            /* actor; -1: none */
	double mean, square;   /* latency of the FCFS group's requests, EWMA */
	uint64_t measured_since; /* a decision: requests */
	double busy_fcfs, busy_drr, ends; /* shares, EWMA; when the window ends */
	double busy_sum;
	bool ending;
};

enum { LEAF_HOST_LINE, LEAF_MOVE, LEAF_WINDOW, LEAF_NIC, LEAF_HOST = LEAF_NIC + PLACE_CORES,
       LEAVES = LEAF_HOST + PLACE_CORES };

static inline void queue_push(struct actors_run *x, struct queue *q, uint32_t j)
{
	x->pool[j].next = 0;
	if (q->tail)
		x->pool[q->tail].next = j;
	else
		q->head = j;
	q->tail = j;
	q->n++;
}

static inline uint32_t queue_pop(struct actors_run *x, struct queue *q)
{
	uint32_t j = q->head;

	q->head = x->pool[j].next;
	if (!q->head)
		q->tail = 0;
	q->n--;
	return j;
}

static inline void actors_set_move(struct actors_run *x, tick at)
{
	tournament_set(&x->times, LEAF_MOVE, at);
}

/* ipipe.c */
double tail_of(double mean, double square);
/* A NIC core has executed a request of an actor: what it measures, and what it decides. */
void ipipe_executed(struct actors_run *x, int core, struct actor *a, tick latency, tick service);
void ipipe_moved(struct actors_run *x);
void ipipe_drained(struct actors_run *x, struct actor *a);
void ipipe_window(struct actors_run *x, tick length);

/* actors.c */
int run_actors(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	       struct why *why);
