/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_read.h - what became of the requests of a worker that is dead, from the stores of ledger.h
 */
#pragma once

#include "rings.h"

/* The dead processes: a bit for each of their slots, and for each core that they had. */
struct ledger_dead {
	__u64 cores;
	__u32 slots;
};

/* All processes are dead: whatever is written anywhere is a dead one's. */
#define LEDGER_ALL_DEAD ((const struct ledger_dead){ .cores = ~0ULL, .slots = ~0u })

#define VERDICT_ACTORS (2 * SHUNT_CORES + SHUNT_PARKED) /* run lines, intents, places */

struct verdict {
	__u64 lost[SHUNT_CLASSES];    /* neither answered nor waiting any more */
	__u64 replied[SHUNT_CLASSES]; /* the reply is in the send ring, but was not counted */
	__u32 nactors;                /* requests of actors: */
	struct verdict_actor {
		__u16 nr;             /* below rings.nactors */
		__u16 replied;        /* 1: as above; 0: lost */
	} actor[VERDICT_ACTORS];
};

/* An intent as it was read, each field once: the memory is a process's that may have a living child
 * or friend. slot, frame and tag are of this domain where ledger_untold() says true. */
struct ledger_untold {
	__u64 intent;
	__u64 *tag;
	__u32 slot, frame;
	__u32 actor; /* its number, + 1; 0: none */
	__u8 cls;
};

/* An intent: was that entry taken, and does no line tell of the request? Then the request and its
 * frame are of a core that has this intent. */
bool ledger_untold(const struct rings *r, const struct shunt_core_run *run,
		   struct ledger_untold *u);
/* Is the reply of the core's request, which runs or has just ended, in its send ring? */
bool ledger_sent(const struct rings *r, __u32 core);
static inline bool ledger_is_dead(const struct ledger_dead *d, __u32 core)
{
	return d->cores >> core & 1;
}

/* Is that the place of a dead process, or of nobody who can be? */
static inline bool ledger_is_left(const struct ledger_dead *d, __u32 slot)
{
	return d->slots == ~0u || (slot && slot <= SHUNT_WORKERS && (d->slots >> (slot - 1) & 1));
}

/*
 * Call first: clears intents that mean nothing, as living cores may yet take the entries. 0, or
 * -EAGAIN: a living core is about to take the entry that a dead one was at, or has just done so;
 * call again once that core has moved.
 */
int ledger_settle(struct rings *r, const struct ledger_dead *d);
/* Reads rings, lines and places of the dead. */
void ledger_read(const struct rings *r, const struct ledger_dead *d, struct verdict *v);
/* Clears the stores of the dead, which must not be read again.
 * Places of the dead are free then, and their locks broken. */
void ledger_clear(struct rings *r, const struct ledger_dead *d);
