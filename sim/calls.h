/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - clients that do more than to send a request and
 * wait for it: closed loops, time-outs, retries, hedging,
 *           fan-out
 *
 * A client makes a call, which has a part for each server that it goes to. A part has copies: the
 * first request, a second one where it hedges, another after a time-out. A copy is a request of a
 * server (engine.h), which knows nothing of all this. A copy is stale once nobody waits for its
 * answer: its server serves it all the same.
 *
 * calls.c runs it all, attempts.c is a part's life, servers.c
 * keeps the servers' times in order, ahead.c does without.
 */
#pragma once

#include "engine.h"
#include "series.h"
#include "slab.h"
#include "timers.h"

struct call {
	uint64_t n;       /* number of it, from 0 */
	tick begin;
	tick service;     /* longest of the parts' */
	tick spent;       /* longest of the parts', from its begin */
	tick recorded;    /* service of all copies, of a trace; 0: each draws its own */
	uint32_t parts;   /* that are not answered, a list */
	uint32_t flow;
	uint16_t need;    /* parts whose answers it still waits for */
	uint16_t spare;   /* parts that may fail before it has failed */
	uint8_t cls;
};

enum part_next { PART_HEDGES, PART_TIMES_OUT, PART_TRIES_AGAIN, PART_IS_REFUSED };

struct part {
	uint32_t call;
	uint32_t next, prev; /* of the call's */
	uint32_t copies;     /* that it waits for, a list */
	tick sent;           /* this attempt */
	uint16_t server;
	uint16_t attempt;
	uint8_t next_is;     /* enum part_next: what its timer stands for */
};

struct copy {
	uint32_t next;       /* of the part's */
	uint32_t part;       /* 0: stale */
	uint32_t req;        /* at the server */
	tick sent;
	uint16_t server;
	uint8_t second;      /* hedges */
	uint8_t measured;
};

struct calls {
	const struct run_config *c;
	const struct call_config *k;
	struct run_result *r;
	struct measure m;
	tick now;
	/* servers.c */
	const struct call_hooks *hooks; /* of the servers */
	struct engine *server;
	int nservers, fanout, quorum;
	struct tournament order;
	struct ahead *ahead;       /* NULL: all servers go on together */
	/* what comes */
	struct source src;
	struct arrival coming;     /* of an open loop */
	struct rng random, again;  /* servers, delays; services of all but the first copies */
	uint64_t n, warm;          /* calls that began */
	bool ending;               /* no more begin */
	bool refused;              /* anything, by a server */
	uint64_t in_flight, copies; /* calls, and their requests, stale ones included */
	uint64_t sent;
	struct slab call, part, copy;
	struct timers timers;
	double tokens;             /* of the budget */
	struct hist attempts;      /* ns, from attempt to answer: where a quantile hedges */
	tick hedge_after;          /* NEVER: not known yet */
	tick timeout;              /* 0: none */
	tick first, last; /* of those that are measured */
	tick last_begun;
	uint64_t done_in_time, events;
	struct series_maker series;
	struct call_result warming; /* what the calls that are not measured do */
};

/* attempts.c */
/* The service of a copy that is not the call's first. */
tick draw_again(struct calls *k, const struct call *c);
void part_begin(struct calls *k, uint32_t part, tick service);
/* The part's timer has run out. True: the part has failed for good. */
bool part_timer(struct calls *k, uint32_t part);
/* A server's request has ended: its copy is given up, and copied into *y. False: nobody waited for
 * it. */
bool copy_ended(struct calls *k, const struct engine *e, const struct req *q, struct copy *y);
/* The server has refused request q: its part may be tried again. */
void copy_refused(struct engine *e, const struct req *q, enum refusal how);
/* Gives a part up, and makes its copies stale. */
void part_end(struct calls *k, uint32_t part);

/* servers.c */
int servers_open(struct calls *k, struct why *why);
void servers_close(struct calls *k);
/* The server with the next event, and the event's time. */
tick servers_next(const struct calls *k, int *which);
void servers_step(struct calls *k, int which);
/* engine_stuck() of all. */
bool servers_stuck(const struct calls *k);
/* False: there is no room for it. */
bool servers_send(struct calls *k, uint32_t copy, tick service, uint32_t flow, int cls);

/* ahead.c: one server after the other, where nothing that ends changes what comes. ahead_add: what
 * is to be sent, in order of time. */
#define AHEAD 64
int ahead_open(struct calls *k);
void ahead_add(struct calls *k, uint32_t part, tick at, tick service);
void ahead_run(struct calls *k);
void ahead_finish(struct calls *k);
void ahead_close(struct calls *k);

static inline struct call *call_at(const struct calls *k, uint32_t i)
{
	return (struct call *)slab_at(&k->call, i);
}
static inline struct part *part_at(const struct calls *k, uint32_t i)
{
	return (struct part *)slab_at(&k->part, i);
}
static inline struct copy *copy_at(const struct calls *k, uint32_t i)
{
	return (struct copy *)slab_at(&k->copy, i);
}
