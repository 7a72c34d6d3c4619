/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * phase.h - a domain's phases, from its making to the end of its worker
 *
 *        made              a worker comes            its process ends
 *   OFF ──────► FREE ───────────────────────► TAKEN ───────────────────┐
 *    ▲            ▲                             │ it says goodbye      │
 *    │            │        it comes again       ▼                      ▼
 *    │            │     ┌────────────────────► LEFT ───────────────► RECLAIM
 *    │            │     │ (then it is TAKEN)    it comes again, or    │  │  │
 *    │            │     │                       its process ends      │  │  │
 *    │            │     └──── its process lives ────────────────────┘  │  │
 *    │            └────────── its process has ended ───────────────────┘  │
 *    └────────────────────────────────────────────────────────────────────┘
 *                 a step finds the rings beyond repair, or the role makes all anew
 *
 * The steps of RECLAIM are DECIDE, COUNT, DRAIN and FRAMES.
 *
 * From every phase, what the domain has may be given up: OFF.
 * BUSY is an OFF in which others still hold former rings.
 */
#pragma once

#include <stdbool.h>

struct domain;

enum domain_phase {
	DOMAIN_OFF,     /* nothing made */
	DOMAIN_BUSY,    /* cannot be made: former rings are still held by somebody */
	DOMAIN_FREE,    /* waits for a worker */
	DOMAIN_TAKEN,   /* has one */
	DOMAIN_LEFT,    /* had one that said goodbye and lives:
			 * its rings are given to no other yet */
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

/* False: that event is none of the phase. */
bool domain_may(enum domain_phase from, enum domain_event event, enum domain_phase *to);
/* The event happened to the domain. In a phase that has no such event it
 * is a defect, and the agent ends: the next agent goes on from the state. */
void domain_move(struct domain *d, enum domain_event event);
