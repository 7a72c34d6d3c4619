/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_seat.h - a seat: a CPU that cores of several domains share, with the word that says which
 * domain has it
 *
 * The map "seats" is frozen: BPF programs alone write it, and workers map it for reading.
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_SEATS 64
#define SHUNT_SEAT_ENDS 256    /* sockets by which workers move seats */
#define SHUNT_SEAT_NONE 0xff   /* the domain has no core on this CPU */

/*
 * word: {turn:32, flags:8, on:8, wants:16}. XDP sets bits of "wants" (fetch-or); everything else is
 * a compare-and-swap of the whole word with the one that was seen.
 *
 *   turn   counts moves of the seat, so that an answer to an earlier turn is told from one to this
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
	__u64 since_ns; /* who moves "on": when that was, by CLOCK_MONOTONIC */
	__u32 barred;   /* domains that are not given the seat, a bit each. Set by the agent's
			 * program, cleared by a worker's HERE, or where a take came too late */
	__u32 left;     /* times that the worker that was on gave it up */
	__u32 fed;      /* of these: to a domain that was hungry, and did not want this seat */
	__u32 taken;    /* times that shuntd took it from one that did not */
	__u32 cpu;      /* loader */
	__u8 core[SHUNT_DOMAINS]; /* loader: each domain's core on this CPU, or SHUNT_SEAT_NONE */
	__u32 pad[3];
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_seat) == SHUNT_LINE, "a seat is a line");
SHUNT_ASSERT(SHUNT_CORES <= SHUNT_SEAT_NONE, "a core's number fits");
SHUNT_ASSERT(SHUNT_DOMAINS <= 16, "a seat has a bit of wants for each domain");

/* All seats of an interface, pinned as "seats": one value. */
struct shunt_seats {
	__u32 n __shunt_line; /* loader: seats there are */
	__u32 quantum_us;     /* loader: how long a domain may be on while others want the seat */
	__u32 hold_us;        /* loader: and how long until it is taken from one that stays */
	__u32 several;        /* loader: domains with cores on several seats, a bit each */
	/* Of "several": domains whose requests may wait longer than they need, so who is on one of
	 * their seats and has nothing to do leaves it to them. XDP sets a bit where it holds a
	 * request that no core of the domain takes at once, the programs of seats where a worker
	 * leaves requests; they clear it where the domain is let on. A hint: the domain of a held
	 * request wants a seat by its word as well. */
	__u32 hungry __shunt_line;
	struct shunt_seat seat[SHUNT_SEATS];
};

/*
 * What a socket is for, by its cookie: map "seat_ends", written by the agent. A datagram is heard
 * by the filter of the socket that it comes to, so its sender is known by that.
 */
enum shunt_seat_end_kind {
	SHUNT_SEAT_PAIR, /* the other domain says LEAVE and SLEEP, to this one */
	SHUNT_SEAT_ASK,  /* the domain says WANT and HERE */
};

struct shunt_seat_end {
	__u32 seat;
	__u32 kind;   /* enum shunt_seat_end_kind */
	__u32 domain; /* that speaks */
	__u32 to;     /* SHUNT_SEAT_PAIR: that gets the seat */
};

/* The datagrams of workers. */
enum shunt_seat_op {
	SHUNT_SEAT_LEAVE, /* by the pair's socket */
	SHUNT_SEAT_WANT,  /* by that for asking; of a seat that sleeps it is a CLAIM */
	SHUNT_SEAT_HERE,
	SHUNT_SEAT_SLEEP, /* by the pair's socket */
};

struct shunt_seat_said {
	__u64 word; /* LEAVE, SLEEP: as it was seen */
	__u32 op;   /* enum shunt_seat_op */
	__u32 more; /* LEAVE: requests are left */
};

/* The agent's order to the program pinned as "seat_move": the domain that is on leaves the seat. */
struct shunt_seat_order {
	__u32 seat;
	__u32 bar;  /* domains that are barred first, a bit each */
	__u32 give; /* 1: then the seat is given. Comes that too late, the bar is undone */
	__u32 from; /* the domain that is on, + 1; 0: none */
	__u32 to;   /* and the one that is on next */
	__u32 back; /* domains that want the seat from then on, a bit each */
	__u32 done; /* the answer: 1 = given */
};
