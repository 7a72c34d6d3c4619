/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seats.h - services that share cores: they take turns by seats, or spin in each other's way
 *
 * Each service has a domain with a place for each core. seats: a core is there for one service; it
 * goes to another one that has something for it, at once if it has nothing to do, else when the
 * time of its seat is over, at a safepoint; that takes change_ns. spin: the kernel gives each
 * service's thread of a core a slice in turn, whether or not it has something to do.
 */
#pragma once

#include "engine.h"

struct seat {
	uint8_t on;     /* the service that is on, or that the core is on its way to */
	bool moving;
	bool over;      /* its time is over */
	uint32_t turn;  /* counts moves */
	tick since;     /* when it was there */
	tick thrown;    /* when it is taken from who comes to no safepoint; NEVER: not soon */
};

struct seats {
	int n, cores;
	struct seat seat[SHUNT_CORES];
	struct line moving;   /* in order of arrival: a change takes a constant time */
	struct line ends;     /* of times on seats; those of turns that ended earlier, too */
	tick time, hold, change;
	tick there[SHUNT_DOMAINS];
	uint64_t let_on[SHUNT_DOMAINS], taken[SHUNT_DOMAINS];
};

/* By services.c: may the run have them? 0, or -1 with the reason in why. */
int seats_check(const struct engine *e, struct why *why);
/* 0, or -ENOMEM. */
int seats_begin(struct engine *e);
void seats_close(struct engine *e);
void seats_result(struct engine *e);

/* LEAF_ELASTIC: the time of a seat is over; LEAF_MOVED: a core is there for its new service. */
void seats_over(struct engine *e);
void seats_arrived(struct engine *e);
/* Is core i there for domain d, and not on its way? */
bool seats_there(const struct engine *e, const struct domain *d, int i);
/* Something waits in domain d, for core i, which is away, or (i < 0) for any of its cores. */
void seats_wanted(struct engine *e, struct domain *d, int i);
/* Core i of d has nothing to do. */
void seats_idle(struct engine *e, struct domain *d, int i);
/* Core i of d has ended a request. True: it has left, as its time is over. */
bool seats_leave(struct engine *e, struct domain *d, int i);
/* Core i of d has seen an order to yield. True: it has left, or goes on with its request. */
bool seats_yield(struct engine *e, struct domain *d, int i);

/* spin. LEAF_ELASTIC: the next slice begins. */
void slices_begin(struct engine *e);
void slices_over(struct engine *e);
