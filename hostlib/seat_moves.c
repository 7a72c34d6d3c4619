// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat_moves.c - a core that shares its CPU with another domain's: who is on serves, the other one
 * blocks
 *
 * The word of the seat (abi_seat.h) says who is on. BPF programs alone write it: a worker says what
 * it wants in a datagram, and reads in the word what became of it. The orders of looks at the word
 * and at the counts, here and in XDP, are those of tests/model/seat.pml. A service with cores on
 * several seats has a word for each of them; those of its cores that are on serve at once.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <shunt/seat.h>

#include "internal.h"
#include "message.h"
#include "seat.h"

/* Time-outs, which the protocol does not need: a belt. The other worker can keep its datagram from
 * coming, if it wants to: it sends one that the kernel refuses behind the filter. */
#define AWAY_MS 10
#define WANTED_MS 1 /* while this one wants the seat */
#define LOST_MS 100
#define IDLE_NS 1000000 /* so long without a request, then a seat is put to sleep */

/* A new turn of the word begins when it is first seen. One that the core took by itself, as nobody
 * was on or all slept, is no switch. */
static void follow(struct core *c, uint64_t word)
{
	struct seat *at = c->seat;
	uint64_t now, since;

	if (at->turn == SHUNT_SEAT_TURN(word))
		return;
	now = core_clock(c);
	since = peek(at->line->since_ns);
	at->turn = SHUNT_SEAT_TURN(word);
	at->until_ns = now + peek(at->all->quantum_us) * 1000ULL;
	if (!at->asked) {
		bump(c->line->stats.let_on, 1);
		bump(c->line->stats.let_on_ns, now > since ? now - since : 0);
	}
	at->asked = false;
	next_prefetch_heads(c);
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
	struct seat *at = c->seat;
	bool more = seat_has_requests(c);

	if (c->loaded || (more && core_clock(c) < at->until_ns))
		return true;
	let_go(c);
	return !say(at->pair, word, SHUNT_SEAT_LEAVE, more);
}

/* The core has nothing to do, nor does anybody want this seat: a domain that is hungry gets it. */
static bool feed(struct core *c, uint64_t word)
{
	if (!c->idle || c->claimed_ns || !seat_hungry(c) || seat_has_requests(c))
		return false;
	let_go(c);
	return say(c->seat->pair, word, SHUNT_SEAT_LEAVE, false);
}

/* The core has had nothing to do for a while, and nobody else wants the seat: both sleep, if that
 * is still so. What came meanwhile is found before the core blocks, by its counts. */
static bool put_to_sleep(struct core *c, uint64_t word)
{
	if (!c->idle || c->claimed_ns || !idle_may_sleep(c) || c->now - c->idle_ns < IDLE_NS ||
	    seat_has_requests(c))
		return false;
	let_go(c);
	say(c->seat->pair, word, SHUNT_SEAT_SLEEP, false);
	return true;
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

/* Blocks until the worker is rung; of a seat that sleeps, until a request of its own comes, too, or
 * another core parks one. */
static void block(struct core *c, bool asleep, int ms)
{
	struct shunt *s = c->s;
	eventfd_t nothing;
	struct pollfd p[5 + SHUNT_CLASSES] = { { .fd = c->seat->pair, .events = POLLIN },
					       { .fd = c->seat->ask, .events = POLLIN },
					       { .fd = s->wake, .events = POLLIN },
					       { .fd = s->unpark, .events = POLLIN },
					       { .fd = c->sock, .events = POLLIN } };
	int n = 5;

	for (uint32_t i = 0; i < s->nhold; i++)
		p[n++] = (struct pollfd){ .fd = s->hold_sock[i], .events = POLLIN };
	if (asleep)
		bump(c->line->stats.slept, 1);
	hear(c->seat);
	if (poll(p, asleep ? n : 2, ms) > 0)
		c->seat->rung = (p[0].revents ? 1 : 0) | (p[1].revents ? 2 : 0);
	next_prefetch(c); /* what XDP wrote lies in another CPU's cache */
	if (p[3].revents)
		eventfd_read(s->unpark, &nothing);
}

/* Is there something to want the seat for? What a ring holds counts where it wakes the core, and
 * the application's own work where nobody else has the CPU. */
static bool has_cause(const struct core *c, uint64_t word)
{
	if (shunt_seat_sleeps(word))
		return seat_has_requests(c) || ring_count(&c->rx) || next_held(c->s) ||
		       !idle_sleep_ms(c);
	return SHUNT_SEAT_ON(word) == SHUNT_SEAT_NOBODY ||
	       (!(word & SHUNT_SEAT_WANT(c->s->domain)) && seat_has_requests(c));
}

/* An arrival either finds the domain's bit set, or on it, or is counted by now: then the domain
 * wants the seat. */
static void wait_for_it(struct core *c, uint64_t word)
{
	bool asleep = shunt_seat_sleeps(word);
	struct seat *at = c->seat;

	c->now = core_clock(c);
	let_go(c);
	/* A thread that parks a request looks at our state
	 * after it put the request where we look next. */
	__atomic_store_n(&c->run->state, asleep ? SHUNT_CORE_ASLEEP : SHUNT_CORE_AWAY,
			 __ATOMIC_SEQ_CST);
	if (peek(at->line->barred) & SHUNT_SEAT_WANT(c->s->domain))
		say(at->ask, word, SHUNT_SEAT_HERE, false);
	if (!at->asked && has_cause(c, word)) {
		say(at->ask, word, SHUNT_SEAT_WANT, false);
		at->asked = true; /* and looks at the word again */
		return;
	}
	at->asked = false;
	block(c, asleep,
	      asleep ? idle_sleep_ms(c)
		     : word & SHUNT_SEAT_WANT(c->s->domain) ? WANTED_MS : AWAY_MS);
}

/* The CPU is offline: what the core would do now it would do in the way of another seat, or of
 * cores that are no seat's. It serves nothing until the CPU is back; shuntd says so. */
static void wait_for_cpu(struct core *c)
{
	struct pollfd p = { .fd = c->s->wake, .events = POLLIN };
	struct seat *at = c->seat;

	let_go(c);
	if (!at->lost || peek(c->s->view->up) >> c->id & 1)
		message_core(c->s, SHUNT_MSG_DOWN, c->id, SHUNT_DOWN_NO_CPU);
	at->lost = true;
	poke(c->run->state, SHUNT_CORE_OFF);
	poll(&p, 1, LOST_MS);
}

/* Is the core on its CPU? Asked where a turn begins. */
static bool is_home(struct core *c, uint64_t word)
{
	struct seat *at = c->seat;

	if ((at->turn == SHUNT_SEAT_TURN(word) && !at->lost) || c->loaded)
		return true;
	if (!core_is_home(c)) {
		wait_for_cpu(c);
		return false;
	}
	if (at->lost)
		message_core(c->s, SHUNT_MSG_UP, c->id, c->run->tid);
	at->lost = false;
	return true;
}

bool seat_turn(struct core *c)
{
	uint64_t word = seat_word(c);

	if (seat_is_on(c, word)) {
		if (!is_home(c, word))
			return atomic_load_explicit(&c->s->quit, memory_order_relaxed);
		if (c->seat->rung && c->idle)
			hear(c->seat);
		follow(c, word);
		if (seat_others(c, word))
			return stay(c, word);
		return !feed(c, word) && !put_to_sleep(c, word);
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
	uint64_t word = seat_word(c);

	if (seat_is_on(c, word) && seat_others(c, word))
		say(c->seat->pair, word, SHUNT_SEAT_LEAVE, seat_has_requests(c));
}
