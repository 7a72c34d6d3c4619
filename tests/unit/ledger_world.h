/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_world.h - a domain in plain memory: its cores run the library's own code, and stop behind
 * every store of the ledger, where the worker may be dead
 *
 * There may be two workers, each with some of the cores: a process that goes, and the next one.
 *
 * A core runs a script, a letter a step of a request's life:
 *   0 1 2  takes from that core's ring     R  ends with a reply     k  sends: the kernel takes it
 *   a b    takes from that hold ring       N  ends without          f  gives frames back
 *   p      parks its request               x  ends as too old
 *   q      parks it and resumes another    r  resumes one
 *   s      sends a datagram in a frame of its own
 * A letter that makes no sense at that point (nothing was there to take) is passed over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/frames.h"
#include "lib/ledger_read.h"

#define CORES 3
#define CLASSES 2
#define ACTOR_CLASS 1 /* whose requests are all those of one actor */
#define ACTOR_SUMS (SHUNT_CLASSES - 1) /* where world_reclaimed has the actor's */
#define RING 4     /* entries of a receive ring */
#define NFRAMES 64 /* SHUNT_SPARE a core, and 16 that travel */
#define HOLD(c) (SHUNT_HOLD_SLOT + (c))
#define POSTED 8   /* frames that a driver may hold */
#define PAYLOAD 42 /* where it begins in a packet */
#define REPLY 4    /* bytes of one; of other datagrams more */

extern struct rings world; /* as the agent sees it */
extern uint64_t world_arrived[CLASSES];
extern uint64_t *world_sent;        /* replies that the kernel took, by class */
extern struct verdict world_reclaimed; /* of the workers before */

struct world_request {
	uint32_t slot, cls; /* where it arrived */
};

const struct world_request *world_request(uint64_t id);
const struct shunt_meta *world_meta(uint64_t addr);
bool world_is_reply(const struct xdp_desc *d);

/* So many cores; slots: of each the digit of its process's slot, NULL: all are one process's; the
 * indexes of all rings start at "at". */
void world_make(unsigned int ncores, const char *slots, uint32_t at);
unsigned int world_processes(void);
void world_remove(void);
/* A driver takes what it can of the fill ring, for requests to come: no ring shows these frames. */
void world_post(void);
extern uint64_t world_posted[POSTED];
extern unsigned int world_nposted;
/* The kernel sends all that is in that core's send ring. */
void world_send(unsigned int core);
/* The kernel puts a request into a ring. False: the ring is full, or there is no frame. */
bool world_arrive(uint32_t slot, uint32_t cls);

/* From here on this is where world_restore() goes back to. */
void world_save(void);
void world_restore(void);
/* Of all that decides what comes next. */
uint64_t world_hash(void);

void core_begin(unsigned int core, const char *script);
/* Up to behind its next store, or its end. False: it waits for a lock of another core. */
bool core_step(unsigned int core);
bool core_done(unsigned int core);
/* All of the script at once, stopping nowhere; at the n-th store this process is killed. */
void core_run_and_die(unsigned int core, const char *script, unsigned int n);

/* Should the worker die now: each request is waiting, counted, or in the verdict; each frame is in
 * one place. */
void world_check(const char *when);
/* If all cores are done: each place that is taken has a request. */
void world_check_places(const char *when);
/* Frames in no ring; h->frame has room for all. */
void world_find_frames(struct harvest *h);
/* All died: reclaimed as the agent does by rings, and the next workers are there. */
void world_next_worker(void);

/* The cores that are dead with the process in that slot. */
struct ledger_dead world_dead(unsigned int slot);
/* They are reclaimed by the ledger, while others live. The agent dies at that store of it (0: it
 * does not), and the next one goes on. False: not decided before a living core has moved. */
bool world_reclaim(struct ledger_dead d, unsigned int steps);
/* The same, and the next process is there. */
bool world_death(unsigned int slot, unsigned int steps);
/* What is reclaimed from here on has not happened after … that. */
void world_try(void);
void world_untry(void);
