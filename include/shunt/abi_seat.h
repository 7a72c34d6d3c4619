/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_seat.h - a seat: a CPU that cores of several domains share, with the word that says which
 * domain has it
 *
 * The fields have their places, but no program writes them yet. Only BPF programs will: the map is
 * to be frozen, and workers map it for reading alone.
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_SEATS 64
#define SHUNT_SEAT_NONE 0xffff /* the domain has no core on this CPU */

/*
 * word: {turn:32, flags:8, on:8, wants:16}. XDP sets bits of "wants" (fetch-or); everything else is
 * a compare-and-swap of the whole word with the one that was seen.
 *
 *   turn   counts changes of "on", so that an answer to an earlier turn is told from one to this
 *   on     the domain whose core runs here, + 1; 0: none
 *   wants  a bit for each domain that has something to do here and is not on
 */
#define SHUNT_SEAT(turn, flags, on, wants)                                                         \
	((__u64)(__u32)(turn) << 32 | (__u64)(__u8)(flags) << 24 | (__u64)(__u8)(on) << 16 |       \
	 (__u16)(wants))
#define SHUNT_SEAT_TURN(word) ((__u32)((word) >> 32))
#define SHUNT_SEAT_FLAGS(word) ((__u8)((word) >> 24))
#define SHUNT_SEAT_ON(word) ((__u8)((word) >> 16))
#define SHUNT_SEAT_WANTS(word) ((__u16)(word))
#define SHUNT_SEAT_WANT(domain) (1ULL << (domain))

enum shunt_seat_flags {
	SHUNT_SEAT_ASLEEP = 1, /* all that share the seat sleep */
};

struct shunt_seat {
	__u64 word;
	__u64 since_ns; /* program of the agent: since when others have wanted what "on" has */
	__u16 barred;   /* program of the agent: domains that are not given the seat, a bit each */
	__u16 pad;
	__u32 left;     /* programs of workers: times that the one on it gave it up */
	__u32 taken;    /* program of the agent: times that it was taken from one that did not */
	__u32 pad2;
	__u16 core[SHUNT_DOMAINS]; /* loader: each domain's core on this CPU, or SHUNT_SEAT_NONE */
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_seat) == SHUNT_LINE, "a seat is a line");
SHUNT_ASSERT(SHUNT_DOMAINS <= 16, "a seat has a bit of wants for each domain");

/* All seats of an interface: one value. */
struct shunt_seats {
	/* XDP: domains that hold requests and have no core that is there and idle */
	__u64 hungry __shunt_line;
	struct shunt_seat seat[SHUNT_SEATS];
};
