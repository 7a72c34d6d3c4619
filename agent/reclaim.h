/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim.h - a domain's phases, and the end of its worker: what became of its requests, whose frames are whose
 *
 *        made                 a worker comes             its process ends
 *   OFF ──────► FREE ──────────────────────────► TAKEN ─────────────────────┐
 *    ▲            ▲                                │ it says goodbye        │
 *    │            │           it comes again       ▼                        ▼
 *    │            │        ┌────────────────────► LEFT ──────────────────► RECLAIM: DECIDE, COUNT, DRAIN, FRAMES
 *    │            │        │ (then it is TAKEN)    it comes again, or its    │  │  │
 *    │            │        │                       process ends              │  │  │ a step finds the rings beyond
 *    │            │        └──── its process lives ──────────────────────────┘  │  │ repair, or the role makes all
 *    │            └───────────── its process has ended ─────────────────────────┘  │ anew
 *    └─────────────────────────────────────────────────────────────────────────────┘
 *
 * From every phase, what the domain has may be given up: OFF. BUSY is an OFF in which others still hold former rings.
 * The step that is next is in the domain's state, and each may be done twice: an agent that dies in between is
 * continued by the next one.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;
struct domain;

enum domain_phase {
	DOMAIN_OFF,     /* nothing made */
	DOMAIN_BUSY,    /* cannot be made: former rings are still held by somebody */
	DOMAIN_FREE,    /* waits for a worker */
	DOMAIN_TAKEN,   /* has one */
	DOMAIN_LEFT,    /* had one that said goodbye and lives: what it had is nobody else's yet */
	DOMAIN_RECLAIM, /* had one: its requests are counted, its frames taken back */
};
#define DOMAIN_PHASES (DOMAIN_RECLAIM + 1)

enum domain_event {
	DOMAIN_MADE,      /* memory and sockets */
	DOMAIN_HELD,      /* they cannot be made yet */
	DOMAIN_ATTACHED,  /* a worker came */
	DOMAIN_GOODBYE,   /* it said BYE */
	DOMAIN_RETURNS,   /* after that it wants to come again */
	DOMAIN_ENDED,     /* its process has ended, or was never given anything */
	DOMAIN_RECLAIMED, /* and what it had is taken back */
	DOMAIN_MAY_RETURN, /* the same, of one that lives */
	DOMAIN_GIVEN_UP,  /* memory and sockets are let go of */
};
#define DOMAIN_EVENTS (DOMAIN_GIVEN_UP + 1)

/* The next step for a worker that is gone. */
enum reclaim_step {
	RECLAIM_NONE,
	RECLAIM_DECIDE, /* what became of its requests */
	RECLAIM_COUNT,  /* add it to the agent's counts */
	RECLAIM_DRAIN,  /* send what it had sent, wait for the frames to come back */
	RECLAIM_FRAMES, /* collect the frames that are in no ring */
};

/* How far a role came with a step. */
enum reclaim_outcome {
	RECLAIM_DONE,  /* on to the next */
	RECLAIM_LATER, /* again, in the next turn */
	RECLAIM_ANEW,  /* nothing can be taken back: what was not let go of is given up, and all is made anew */
	RECLAIM_DAMAGED, /* the same, as the worker has damaged it */
};

/* False: that event is none of the phase. */
bool domain_may(enum domain_phase from, enum domain_event event, enum domain_phase *to);
/* That happened to the domain. Where it cannot, it is a defect, and the agent ends: the next one goes on from the
 * state. */
void domain_move(struct domain *d, enum domain_event event);

/* The worker is gone: its cores are off, and what follows begins. died: it did not say BYE. */
void reclaim_begin(struct domain *d, enum domain_event event, bool died, __u64 now_ns);
/* One step of what follows. True: the next can be done at once. */
bool reclaim_turn(struct agent *a, struct domain *d);

/* reclaim_steps.c: the steps where memory is shared with the worker. */
enum reclaim_outcome reclaim_shared(struct domain *d, enum reclaim_step step, __u64 now_ns);
