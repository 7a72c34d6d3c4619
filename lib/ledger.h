/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger.h - the stores by which a worker's death is understood
 *
 * A worker may be killed between any two instructions. Its memory stays, and the agent finds out
 * from it what became of each request (ledger_read.h) and whose each frame is (ledger_frames.h),
 * while another process may go on in the same domain. The functions below are the only ones that
 * make these stores, and this comment is the only place that says in which order, and why.
 *
 * At each moment exactly one of these tells of a request, or two of them in a way that the reader
 * takes for one:
 *
 *   its ring       the consumer index is not past it: it waits, for the next worker if need be
 *   run.intent     a core is about to take the entry, or has just taken it
 *   run.id         the core runs it; run.cls, frame, base, tx_set and tx_end belong to it
 *   parked[].id    it was preempted, and waits
 *   a count        it has ended
 *
 * The request's frame is where the request is. A frame without a request is in a ring, or in the
 * list of a core (free[]).
 *
 * Take an entry from a ring: ledger_take(), ledger_run(), ledger_taken()
 *   intent_cls, intent_frame, intent_off, intent_id
 *                in any order, before intent: once the entry is taken, the kernel may write another
 *                one over it.
 *   intent       before the swap: once the consumer index is past the entry, the ring tells of it
 *                no more.
 *   swap         of the consumer index, from this entry to the next. Several cores may have the
 *                same intent; one swap succeeds, and the other cores clear their intents.
 *   cls, frame, base, tx_set = 0, queue, held, actor.nr, actor.base
 *                in any order, before id: what the request before left there must not speak for
 *                this one. base is the core's count of ended requests of the class: as long as the
 *                count is the same, this request has not been counted. actor.base is the same of
 *                the actor; without an actor it is not written.
 *   id           before the tag: the tag says that a run line tells of the request.
 *   tag          0 in place of the number in the frame's metadata; before intent = 0. A core that
 *                lost the swap may die with the same intent, when the winner has parked or ended
 *                the request. The tag tells the reader that this intent means nothing, and so does
 *                the number of a later request: nobody but the winner can give the frame back. As
 *                long as the frame has the number of the intent, no line tells of the request, and
 *                the frame is the winner's, however long that one stands still.
 *   intent = 0   last, with a release: who sees it sees the tag, while the process lives, too.
 *
 * Answer it: ledger_reply(), once the datagram is in the entries of the send ring that follow its
 * producer index
 *   tx_end       before tx_set: else tx_set would make an older tx_end count.
 *   tx_set       before the producer: a reply that the kernel can see must be known to be one.
 *   producer     sends it. A death before this: the request is lost, and the frame is the core's.
 *                A death behind it: the producer equals tx_end, so the request was answered, and
 *                the frame is the kernel's.
 *
 * End it: ledger_end(). A reply, or ledger_free() of its frame, goes first.
 *   actor count  before the class's count, so that one which has ended for its class has ended for
 *                its actor. By actor.base the reader sees that it was counted.
 *   count        before id = 0: else nothing tells of the request in between. By base the reader
 *                sees that the request which id names was counted.
 *   id = 0       last. Until then the frame stays in the core's list: in the list and in the run
 *                line it is one frame, in a ring it would be the kernel's.
 *
 * Park it: ledger_place(), ledger_park(); resume it, on another core of the process if need be:
 * ledger_resume()
 *   slot         by compare-and-swap: two processes may look for a place.
 *   cls, frame, actor, parked.id
 *                id last of these, before run.id = 0; and the other way round when it is resumed:
 *                first the new line, then parked.id = 0. In between both have the same id: the
 *                reader goes by the run line then.
 *   slot = 0     last, with a release: the place is another process's then.
 *
 * A frame into the core's list: ledger_free()
 *   frame        before n: what n counts is there.
 *
 * Frames between the core's list and rings: ledger_move(). Frames for fill and send ring are behind
 * their producers already, those for the list behind its end; the fill ring's lock is held, and
 * that of the completion ring, if others use it.
 *   ring, fill, comp, tx, n, hole
 *                in any order, before what: they say how all indexes will be.
 *   what         before the first index: a frame is written down at its new place before it is
 *                struck out at the old one, and by the time the core is found dead, the kernel and
 *                another process may have passed it on. So places decide nothing here: as long as
 *                what is set, the move is done once more, and changes nothing that was done.
 *   indexes      in any order.
 *   what = 0     last, with a release, and before the lock is given back: no other core has moved
 *                these indexes.
 *
 * The order is the program's: a reader looks when the worker is dead, and by then all is in memory
 * that was executed. So compiler barriers are enough, but where a release is named above. Behind
 * each store, LEDGER_HOOK is called: nothing in the product; in the unit test
 * (tests/unit/test_ledger.c) the end of the worker.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "layout.h"
#include "peek.h"
#include "ring.h"

#ifdef LEDGER_HOOK
void LEDGER_HOOK(void);
#else
#define LEDGER_HOOK() ((void)0)
#endif

/* Behind a store that must come before the next one. Of stores in any order, all but the last have
 * the hook alone. */
#define ledger_step() (atomic_signal_fence(memory_order_seq_cst), LEDGER_HOOK())

/* An entry that a core is about to take: its request's
 * number and class, its packet's frame and place in that. */
struct ledger_entry {
	uint64_t id;
	uint32_t frame;
	uint16_t off;
	uint8_t cls;
};

/* A request as lines and places have it. */
struct ledger_request {
	uint64_t id;
	uint32_t frame;
	uint8_t cls;
	uint8_t queue;
	bool held;
	uint16_t actor;      /* its number, + 1; 0: none */
	uint32_t actor_base; /* what the core has ended of that actor */
};

/* An id of 0 would say that there is none. */
static inline uint64_t ledger_id(uint64_t id)
{
	return id ? id : ~0ULL;
}

/* Requests of a class that this core has counted as ended. */
static inline uint32_t ledger_ended(const struct shunt_core *line, uint32_t cls)
{
	const struct shunt_core_class *n = &line->cls[cls];

	return peek(n->replied) + peek(n->noreply) + peek(line->expired.n[cls]);
}

/* Requests of an actor that the core with this line has counted as ended. */
static inline uint32_t ledger_actor_ended(const struct shunt_actor_core *n)
{
	return peek(n->replied) + peek(n->noreply) + peek(n->expired);
}

/* Takes the entry at index "cons" of that slot's ring. False: another core was faster. */
static inline bool ledger_take(struct shunt_core_run *run, struct shunt_ring *r, uint32_t slot,
			       uint32_t cons, struct ledger_entry e)
{
	poke(run->intent_cls, e.cls);
	LEDGER_HOOK();
	poke(run->intent_frame, e.frame);
	LEDGER_HOOK();
	poke(run->intent_off, e.off);
	LEDGER_HOOK();
	poke(run->intent_id, e.id);
	ledger_step();
	poke(run->intent, SHUNT_INTENT(slot, cons));
	ledger_step();
	if (!ring_take(r, cons)) {
		__atomic_store_n(&run->intent, 0, __ATOMIC_RELEASE);
		ledger_step();
		return false;
	}
	ledger_step();
	return true;
}

/* The core runs the request: one that it has taken, or one that was parked. */
static inline void ledger_run(struct shunt_core *line, struct ledger_request q)
{
	struct shunt_core_run *run = &line->run;

	poke(run->queue, q.queue);
	LEDGER_HOOK();
	poke(run->held, q.held);
	LEDGER_HOOK();
	poke(run->cls, q.cls);
	LEDGER_HOOK();
	poke(run->frame, q.frame);
	LEDGER_HOOK();
	poke(run->base, ledger_ended(line, q.cls));
	LEDGER_HOOK();
	if (q.actor != peek(line->actor.nr)) {
		poke(line->actor.nr, q.actor);
		LEDGER_HOOK();
	}
	if (q.actor) {
		poke(line->actor.base, q.actor_base);
		LEDGER_HOOK();
	}
	poke(run->tx_set, 0);
	ledger_step();
	poke(run->id, ledger_id(q.id));
	ledger_step();
}

/* tag: the number in the metadata of the frame that was taken; NULL: it has none. */
static inline void ledger_taken(struct shunt_core_run *run, __u64 *tag)
{
	if (tag) {
		poke(*tag, 0);
		ledger_step();
	}
	__atomic_store_n(&run->intent, 0, __ATOMIC_RELEASE);
	ledger_step();
}

/* The entries of the send ring up to "prod" have the reply. */
static inline void ledger_reply(struct shunt_core_run *run, struct shunt_ring *tx, uint32_t prod)
{
	poke(run->tx_end, prod);
	ledger_step();
	poke(run->tx_set, 1);
	ledger_step();
	ring_set_prod(tx, prod);
	ledger_step();
}

/* count: replied, noreply or expired, of its class on this core; actor: the same of its actor,
 * NULL: it has none. */
static inline void ledger_end(struct shunt_core_run *run, __u64 *count, __u64 *actor)
{
	if (actor) {
		bump(*actor, 1);
		ledger_step();
	}
	bump(*count, 1);
	ledger_step();
	poke(run->id, 0);
	ledger_step();
}

/* Takes the place for the process in that slot. False: it is somebody's. */
static inline bool ledger_place(struct shunt_parked *place, uint32_t slot)
{
	uint32_t nobody = 0;

	if (!__atomic_compare_exchange_n(&place->slot, &nobody, slot + 1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	ledger_step();
	return true;
}

static inline void ledger_park(struct shunt_core_run *run, struct shunt_parked *place, uint64_t id,
			       uint32_t cls, uint32_t frame, uint32_t actor)
{
	poke(place->actor, actor);
	LEDGER_HOOK();
	poke(place->cls, cls);
	LEDGER_HOOK();
	poke(place->frame, frame);
	ledger_step();
	poke(place->id, ledger_id(id));
	ledger_step();
	poke(run->id, 0);
	ledger_step();
}

static inline void ledger_resume(struct shunt_core *line, struct shunt_parked *place,
				 struct ledger_request q)
{
	ledger_run(line, q);
	poke(place->id, 0);
	ledger_step();
	__atomic_store_n(&place->slot, 0, __ATOMIC_RELEASE);
	ledger_step();
}

/* The list has n frames, and one more after this. */
static inline void ledger_free(struct shunt_free *list, uint32_t n, uint32_t frame)
{
	poke(list->frame[n], frame);
	ledger_step();
	poke(list->n, n + 1);
	ledger_step();
}

/* The rings that a move changes; NULL: it does not change such a ring. */
struct ledger_rings {
	struct shunt_ring *fill, *comp, *tx;
};

static inline uint32_t ledger_move_what(struct ledger_rings r)
{
	return SHUNT_MOVE_LIST | (r.fill ? SHUNT_MOVE_FILL : 0) | (r.comp ? SHUNT_MOVE_COMP : 0) |
	       (r.tx ? SHUNT_MOVE_TX : 0);
}

/* All indexes will be as "to" has them; what: of no account. */
static inline void ledger_move(struct shunt_free *list, struct ledger_rings r,
			       const struct shunt_move *to)
{
	struct shunt_move *m = &list->move;

	if (r.fill) {
		poke(m->ring, to->ring);
		LEDGER_HOOK();
		poke(m->fill, to->fill);
		LEDGER_HOOK();
	}
	if (r.comp) {
		poke(m->comp, to->comp);
		LEDGER_HOOK();
	}
	if (r.tx) {
		poke(m->tx, to->tx);
		LEDGER_HOOK();
	}
	poke(m->n, to->n);
	LEDGER_HOOK();
	poke(m->hole, to->hole);
	ledger_step();
	poke(m->what, ledger_move_what(r));
	ledger_step();
	if (r.fill) {
		ring_set_prod(r.fill, to->fill);
		LEDGER_HOOK();
	}
	if (r.tx) {
		ring_set_prod(r.tx, to->tx);
		LEDGER_HOOK();
	}
	if (to->hole < to->n) {
		poke(list->frame[to->hole], peek(list->frame[to->n]));
		LEDGER_HOOK();
	}
	poke(list->n, to->n);
	LEDGER_HOOK();
	if (r.comp)
		ring_set_cons(r.comp, to->comp);
	ledger_step();
	__atomic_store_n(&m->what, 0, __ATOMIC_RELEASE);
	ledger_step();
}
