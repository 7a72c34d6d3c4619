/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim.h - the end of a domain's worker (phase.h: RECLAIM):
 * what became of its requests, whose frames are whose
 *
 * The step that is next is in the domain's state, and each may be done twice: an agent that dies in
 * between is continued by the next one.
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#include "phase.h"

struct agent;
struct domain;

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
	RECLAIM_ANEW,  /* nothing can be taken back: what is left
			* is given up, and all is made anew */
	RECLAIM_DAMAGED, /* as RECLAIM_ANEW, since the worker has damaged the memory */
};

/* The worker is gone: its cores are off, and the steps begin. died: it did not say BYE. */
void reclaim_begin(struct domain *d, enum domain_event event, bool died, __u64 now_ns);
/* Does one step. True: the next can be done at once. */
bool reclaim_turn(struct agent *a, struct domain *d);

/* reclaim_steps.c: the steps where memory is shared with the worker. */
enum reclaim_outcome reclaim_shared(struct domain *d, enum reclaim_step step, __u64 now_ns);
