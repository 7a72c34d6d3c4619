/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.h - the memory of a place: actors, and of each a region with its state and objects
 *
 * The bytes are the same on every processor that shunt knows, so a memory that one has written
 * another reads: little-endian, types of a fixed width, each aligned to its size, no bit fields,
 * enums, long, bool or pointers. tests/e2e/actor_layout.sh compares what compilers make of it.
 *
 * Who writes: the process that has locked the file. Within it, a slot's "state" changes by
 * compare-and-swap; the rest of a slot, and its region, are written by the core that has the slot's
 * lock, or that is making the actor. Counts are atomic.
 *
 * A process may die at any store. What the next one finds: "lock" names a process that is gone, so
 * the handler was running; "state" is MAKING, so the actor was not there yet.
 */
#pragma once

#include <stdint.h>

#define PLACE_MAGIC 0x6563616c70746e73ULL /* "sntplace" */
#define PLACE_LAYOUT 2
#define PLACE_ACTORS 1024
#define PLACE_ROWS 1024 /* in an id: numbers below this are rows of the configuration */
#define PLACE_NAME 16
#define PLACE_LINE 64

enum place_state { /* as uint32_t */
	PLACE_NONE,
	PLACE_MAKING,
	PLACE_HERE,
	PLACE_LEAVING, /* deleted: who has the lock frees it */
};

/* The lock of an actor, taken for every message: a process's number, its core + 1, and the number
 * of the message. 0: nobody has it. */
#define PLACE_LOCK(process, core, nr)                                                              \
	((uint64_t)(uint16_t)(process) << 48 | (uint64_t)((uint8_t)(core) + 1) << 32 |             \
	 (uint32_t)(nr))
#define PLACE_LOCK_PROCESS(word) ((uint16_t)((word) >> 48))
#define PLACE_LOCK_CORE(word) ((uint8_t)((word) >> 32) - 1)

struct place_slot {
	uint64_t lock;
	uint32_t state;       /* enum place_state */
	uint32_t gen;         /* of its id, 16 bits */
	uint64_t at;          /* its region, from the memory's begin */
	uint32_t room;        /* bytes of the region; 0: it has none. Without an actor the slot
			       * keeps its region until another one takes that room */
	uint32_t version;
	char name[PLACE_NAME];
	char kind[PLACE_NAME];
	uint64_t told;        /* messages put into the mailbox: atomic, by whoever tells */
	uint64_t ran;         /* of these, that the handler has ended */
	uint64_t lost;        /* of these, that no handler will see */
	uint64_t fired;       /* timers that it was told of */
	uint64_t pad[4];
};
_Static_assert(sizeof(struct place_slot) == 2 * PLACE_LINE, "a slot is two lines");

struct place_head {
	uint64_t magic;
	uint32_t layout;
	uint32_t process;     /* number of the process that has it, or had it last */
	uint64_t size;        /* bytes of the memory: the file is as long, or longer */
	uint64_t pad[5];
	/* Counts, atomic: */
	uint64_t refused;
	uint64_t requests;
	uint64_t nobody;
	uint64_t later;
	uint64_t given_up;
	uint64_t resets;
	uint64_t gone;
	uint64_t pad2;
	struct place_slot slot[PLACE_ACTORS];
};
_Static_assert(sizeof(struct place_head) % PLACE_LINE == 0, "whole lines");

/* --- a region --------------------------------------------------------------------------------- */

#define REGION_MAGIC 0x6e6f6967u /* "gion" */
#define REGION_UNIT 16          /* an object's id is its offset in units */
#define REGION_LISTS 64         /* of free objects, by size */
#define REGION_TIMERS 9         /* that a handler may set, and one that fired and is for later */

struct region_timer {
	uint64_t due_ns;      /* CLOCK_MONOTONIC of the region's "boot"; 0: it is not set */
	uint64_t cookie;
	uint32_t kind;
	uint32_t pad;
};

/* In front of each object. */
struct region_object {
	uint32_t bytes;       /* that it has room for */
	uint32_t mark;        /* REGION_LIVE or REGION_FREE */
	uint32_t next;        /* free: the next of its size */
	uint32_t pad;
};
#define REGION_LIVE 0x4556494cu
#define REGION_FREE 0x45455246u

struct region {
	uint32_t magic;
	uint32_t size;        /* bytes of the region */
	uint32_t used;        /* up to there it has objects */
	uint32_t state;       /* bytes of the state, which begins behind this head */
	uint64_t boot;        /* the machine's boot by whose clock timers are set; 0: unknown */
	uint64_t booted_ns;   /* when that was: CLOCK_REALTIME when CLOCK_MONOTONIC was 0 */
	struct region_timer timer[REGION_TIMERS];
	uint32_t list[REGION_LISTS]; /* ids of the first free objects; 0: none */
	uint64_t pad;
};
_Static_assert(sizeof(struct region) % REGION_UNIT == 0, "objects are aligned");
