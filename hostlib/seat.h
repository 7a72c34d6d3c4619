/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seat.h - a core that shares its CPU with another domain's: who is on serves, the other one blocks
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <shunt/seat.h>

#include "internal.h"

struct seat { /* a core's: written by its thread */
	const struct shunt_seats *all;
	const struct shunt_seat *line;
	uint32_t mates;    /* the other domains that share it, a bit each */
	int pair, ask;     /* broker.h */
	uint32_t turn;     /* of the word, as it was last seen */
	uint64_t until_ns; /* the end of that turn, if the core is on */
	bool asked;        /* for the seat, since it last waited */
	uint8_t rung;      /* sockets that ended a wait and were not read, a bit each: pair, ask */
	bool lost;         /* its CPU is offline: shuntd was told so */
} __shunt_line;

struct seats {
	const struct shunt_seats *all;
	struct seat *of[SHUNT_CORES]; /* NULL: the core shares no seat */
};

/* By the link: SEATS has come, for one core. Keeps what it needs of the descriptors. 0, or -errno.
 */
int seat_take(struct shunt *s, const struct shunt_msg_seats *msg, int *fd, int nfd);
/* By the link: WELCOME has come, before a core has a thread. */
void seat_join(struct shunt *s);
/* The threads have ended. */
void seat_drop(struct shunt *s);
/* The child of a fork has no part in it. */
void seat_forget(struct shunt *s);

/* The functions below are called where the core has a seat. */

/* What is read behind it is newer. */
static inline uint64_t seat_word(const struct core *c)
{
	return __atomic_load_n(&c->seat->line->word, __ATOMIC_ACQUIRE);
}

static inline bool seat_is_on(const struct core *c, uint64_t word)
{
	return SHUNT_SEAT_ON(word) == c->s->domain + 1 && !shunt_seat_sleeps(word);
}

/* The other domains that want the seat and may have it. */
uint32_t seat_others(const struct core *c, uint64_t word);
/* The other domains that would have it where nobody else has something to do, and may. */
uint32_t seat_hungry(const struct core *c);
/* Has this domain requests? By the counts, which XDP writes before it looks at the word. */
bool seat_has_requests(const struct core *c);
/* Does another domain want the seat, or is it on already? */
bool seat_is_wanted(const struct core *c);
/* When the core must leave; ~0: nobody else wants the seat. */
uint64_t seat_until(const struct core *c);

/* seat_moves.c */

/* Begins a turn: is the core on, and does it stay? False: it has given the seat away or put it to
 * sleep, or has waited for it, for 10 ms at most, or 100 ms where the seat sleeps. */
bool seat_turn(struct core *c);
/* The core ends: another domain that wants the seat gets it. */
void seat_end(struct core *c);
