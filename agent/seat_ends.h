/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seat_ends.h - the seats of a load as shuntd has them, and the sockets by which workers move them
 *
 * The two workers of a seat have a pair of sockets to each other, and each one to shuntd, whose
 * filters make the moves (bpf/host/seat.bpf.c). Each worker process gets new ones, so those that a
 * former one left to others move nothing. They are in the store, for domain N and its core K there:
 * seatN.K.pair (the domain's end), seatN.K.ask (its worker's end), seatN.K.hear (ours).
 */
#pragma once

#include <stdbool.h>

#include <shunt/seat.h>

#include "shared.h"

struct peer;

struct seats {
	const struct shunt_seats *all;
	int map, ask, move, ends;     /* the pins' descriptors; -1: not open */
	__u32 worker[SHUNT_DOMAINS];  /* the process that has the domain's sockets; 0: none */
	struct let_on {
		__u64 n, ns;          /* switches to the domain that were counted so far */
	} let_on[SHUNT_DOMAINS];
	struct seat_state {
		__u64 muted_ns[SHUNT_DOMAINS]; /* until then the domain cannot say that it is
						* there; 0: it can */
		__u32 untold;         /* domains whose worker has yet to hear of new sockets */
		__u32 turn;
		__u64 since_ns;       /* others have wanted the seat in that turn; 0: none does */
	} of[SHUNT_SEATS];
};

static inline struct seats *seats_of(const struct agent *a)
{
	return shared_of(a)->seats;
}

/* How many seats there are. */
__u32 seat_count(const struct seats *s);
/* The domains that share a seat, a bit each. */
__u32 seat_sitters(const struct seats *s, __u32 seat);
/* The core of a domain that shares the seat. */
__u32 seat_core(const struct seats *s, __u32 seat, __u32 domain);
/* Runs the program that moves seats. True: the seat was given. */
bool seat_move(const struct seats *s, struct shunt_seat_order o);
/* The domain has a worker, which has not ended. */
bool seat_has_worker(const struct agent *a, __u32 domain);
/* The worker of the domain looks at the word. */
void seat_ring(const struct agent *a, __u32 seat, __u32 domain);
/* From now on no datagram of the domain's worker to shuntd moves the seat. */
void seat_deafen(const struct agent *a, __u32 seat, __u32 domain);
/* They do again; false: the socket is not there. */
bool seat_undeafen(const struct agent *a, __u32 seat, __u32 domain);
/* A new worker gets its domain's sockets, or one that has them gets them once more. 0, or -errno:
 * nobody listens, or not now. */
int seat_hand_out(struct agent *a, struct peer *p);
/* The workers of domains that share seats with one whose sockets are new. */
void seat_tell_untold(struct agent *a);
/* Notes which domains' sockets were made for this load, of workers that are there. */
void seat_adopt(struct agent *a, struct seats *s);
