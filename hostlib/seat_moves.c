// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat_moves.c - a core that shares its CPU with another domain's: who is on serves, the other one
 * blocks
 *
 * The word of the seat (abi_seat.h) says who is on. BPF programs alone write it: a worker says what
 * it wants in a datagram, and reads in the word what became of it. The orders of looks at the word
 * and at the counts, here and in XDP, are those of tests/model/seat.pml.
 */
#include <poll.h>
#include <sys/socket.h>

#include <shunt/seat.h>

#include "internal.h"
#include "seat.h"

/* Time-outs, which the protocol does not need: a belt. The other worker can keep its datagram from
 * coming, if it wants to: it sends one that the kernel refuses behind the filter. */
#define AWAY_MS 10
#define WANTED_MS 1 /* while this one wants the seat */

/* A new turn of the word begins when it is first seen. */
static void follow(struct core *c, uint64_t word)
{
	struct seat *at = c->s->seat;

	if (at->turn == SHUNT_SEAT_TURN(word))
		return;
	at->turn = SHUNT_SEAT_TURN(word);
	at->until_ns = core_clock(c) + peek(at->all->quantum_us) * 1000ULL;
}

/* The filter at the other end makes the move, or none. False: nobody has read what came before, and
 * there is no room for more. */
static bool say(int sock, uint64_t word, enum shunt_seat_op op, bool more)
{
	struct shunt_seat_said said = { .word = word, .op = op, .more = more };

	return send(sock, &said, sizeof(said), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(said);
}

/* Nobody's reply waits through an absence, and no frame. */
static void let_go(struct core *c)
{
	idle_over(c);
	if (c->pending || ring_cons(&c->tx) != c->tx_prod)
		reply_kick(c);
	c->fresh = false;
	frames_recycle(c);
}

/* Another domain wants the seat. True: this one stays on, as its time is not over. Or as the other
 * worker reads nothing: that one alone is to lose time by it, until shuntd gives it the seat. */
static bool stay(struct core *c, uint64_t word)
{
	struct seat *at = c->s->seat;
	bool more = seat_has_requests(c);

	if (c->loaded || (more && core_clock(c) < at->until_ns))
		return true;
	let_go(c);
	return !say(at->pair, word, SHUNT_SEAT_LEAVE, more);
}

/* Reads what ended a wait, which is of no interest: the word is. Not when the wait ends, as then a
 * request waits for this core; but before the next wait, or when there is nothing to do. */
static void hear(struct seat *at)
{
	const int sock[] = { at->pair, at->ask };
	char any[sizeof(struct shunt_seat_said)];

	for (int i = 0; i < 2; i++) {
		if (at->rung >> i & 1)
			recv(sock[i], any, sizeof(any), MSG_DONTWAIT);
	}
	at->rung = 0;
}

/* An arrival either finds the domain's bit set, or on it, or is counted by now: then the domain
 * wants the seat. */
static void wait_for_it(struct core *c, uint64_t word)
{
	struct seat *at = c->s->seat;
	struct pollfd p[] = { { .fd = at->pair, .events = POLLIN },
			      { .fd = at->ask, .events = POLLIN } };

	let_go(c);
	poke(c->run->state, SHUNT_CORE_AWAY);
	if (peek(at->line->barred) & SHUNT_SEAT_WANT(c->s->domain))
		say(at->ask, word, SHUNT_SEAT_HERE, false);
	if (!at->asked && (SHUNT_SEAT_ON(word) == SHUNT_SEAT_NOBODY ||
			   (!(word & SHUNT_SEAT_WANT(c->s->domain)) && seat_has_requests(c)))) {
		say(at->ask, word, SHUNT_SEAT_WANT, false);
		at->asked = true; /* and looks at the word again */
		return;
	}
	at->asked = false;
	hear(at);
	if (poll(p, 2, word & SHUNT_SEAT_WANT(c->s->domain) ? WANTED_MS : AWAY_MS) > 0)
		at->rung = (p[0].revents ? 1 : 0) | (p[1].revents ? 2 : 0);
}

bool seat_turn(struct core *c)
{
	uint64_t word = seat_word(c->s);

	if (seat_is_on(c->s, word)) {
		if (c->s->seat->rung && c->idle)
			hear(c->s->seat);
		follow(c, word);
		return !seat_others(c->s, word) || stay(c, word);
	}
	/* The last requests are served beside the other domain's; a request that is at hand begins,
	 * and yields at its first safepoint. */
	if (c->loaded || atomic_load_explicit(&c->s->quit, memory_order_relaxed))
		return true;
	wait_for_it(c, word);
	return false;
}

void seat_end(struct core *c)
{
	uint64_t word = seat_word(c->s);

	if (seat_is_on(c->s, word) && seat_others(c->s, word))
		say(c->s->seat->pair, word, SHUNT_SEAT_LEAVE, seat_has_requests(c));
}
