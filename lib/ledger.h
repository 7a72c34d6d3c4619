/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger.h - the stores by which a worker's death is understood
 *
 * A worker may be killed between any two instructions. Its memory stays, and the agent finds out
 * from it what became of each request (ledger_read.h). The functions below are the only ones that
 * make these stores, and this comment is the only place that says in which order, and why.
 *
 * At each moment exactly one of these tells of a request, or two of them in a way that the reader
 * takes for one:
 *
 *   its ring       the consumer index is not past it: it waits, for the next worker if need be
 *   run.intent     a core is about to take the entry, or has just taken it
 *   run.id         the core runs it; run.cls, base, tx_set and tx_end belong to it
 *   parked[].id    it was preempted, and waits
 *   a count        it has ended
 *
 * Take an entry from a ring: ledger_take(), ledger_run(), ledger_taken()
 *   intent_cls   before intent: nothing else tells the class of a request in a core's ring.
 *   intent       before the swap: once the consumer index is past the entry, the ring tells of it
 *                no more.
 *   swap         of the consumer index, from this entry to the next. Several cores may have the
 *                same intent; one swap succeeds, and the other cores clear their intents.
 *   cls, base, tx_set = 0, queue, held
 *                in any order, before id: what the request before left there must not speak for
 *                this one. base is the core's count of ended requests of the class: as long as the
 *                count is the same, this request has not been counted.
 *   id           before the tag: the tag says that a run line tells of the entry.
 *   owner tag    before intent = 0: a core that lost the swap may die with the same intent, when
 *                the winner has parked or ended the request. The tag tells the reader that this
 *                intent means nothing.
 *   intent = 0   last.
 *   One case is not decided: a core is kept between swap and id for as long as other cores take a
 *   whole ring of entries, and the worker is killed before it goes on. The tag is another entry's by
 *   then, so the request is in no count.
 *
 * Answer it: ledger_reply(), once the datagram is in the entries of the send ring that follow its
 * producer index
 *   tx_end       before tx_set: else tx_set would make an older tx_end count.
 *   tx_set       before the producer: a reply that the kernel can see must be known to be one.
 *   producer     sends it. A death before this: the request is lost. A death behind it: the
 *                producer equals tx_end, so the request was answered.
 *
 * End it: ledger_end(). A reply goes first: what is counted as replied is out.
 *   count        before id = 0: else nothing tells of the request in between. By base the reader
 *                sees that the request which id names was counted.
 *   id = 0       last.
 *
 * Park it: ledger_park(); resume it, on whatever core: ledger_resume()
 *   cls, parked.id
 *                in any order, before run.id = 0; and the other way round when it is resumed: first
 *                the new line, then parked.id = 0. In between both have the same id: the reader
 *                goes by the run line then.
 *
 * Frames are in no ledger: a frame that is in no ring after a death was the dead worker's
 * (agent/frames.c).
 *
 * The order is the program's: a reader looks when the worker is dead, and by then all is in memory
 * that was executed. So compiler barriers are enough. Behind each store, LEDGER_HOOK is called:
 * nothing in the product; in the unit test (tests/unit/test_ledger.c) the end of the worker.
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

/* An id of 0 would say that there is none. */
static inline uint64_t ledger_id(uint64_t id)
{
	return id ? id : ~0ULL;
}

/* Requests of a class that this core has counted as ended. */
static inline uint64_t ledger_ended(const struct shunt_core *line, uint32_t cls)
{
	const struct shunt_core_class *n = &line->cls[cls];

	return peek(n->replied) + peek(n->noreply) + peek(line->expired.n[cls]);
}

/* Takes the entry at index "cons" of that slot's ring; cls: of the request. False: another core
 * was faster. */
static inline bool ledger_take(struct shunt_core_run *run, struct shunt_ring *r, uint32_t slot,
			       uint32_t cons, uint32_t cls)
{
	poke(run->intent_cls, cls);
	ledger_step();
	poke(run->intent, SHUNT_INTENT(slot, cons));
	ledger_step();
	if (!ring_take(r, cons)) {
		poke(run->intent, 0);
		ledger_step();
		return false;
	}
	ledger_step();
	return true;
}

/* The core runs the request: one that it has taken, or one that was parked. */
static inline void ledger_run(struct shunt_core *line, uint64_t id, uint32_t cls, uint8_t queue,
			      bool held)
{
	struct shunt_core_run *run = &line->run;

	poke(run->queue, queue);
	LEDGER_HOOK();
	poke(run->held, held);
	LEDGER_HOOK();
	poke(run->cls, cls);
	LEDGER_HOOK();
	poke(run->base, ledger_ended(line, cls));
	LEDGER_HOOK();
	poke(run->tx_set, 0);
	ledger_step();
	poke(run->id, ledger_id(id));
	ledger_step();
}

/* tag: the owner tag of the entry that was taken. */
static inline void ledger_taken(struct shunt_core_run *run, uint32_t *tag, uint32_t cons)
{
	poke(*tag, cons + 1);
	ledger_step();
	poke(run->intent, 0);
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

/* count: replied, noreply or expired, of its class on this core. */
static inline void ledger_end(struct shunt_core_run *run, __u64 *count)
{
	bump(*count, 1);
	ledger_step();
	poke(run->id, 0);
	ledger_step();
}

static inline void ledger_park(struct shunt_core_run *run, struct shunt_parked *place, uint64_t id,
			       uint32_t cls)
{
	poke(place->cls, cls);
	LEDGER_HOOK();
	poke(place->id, ledger_id(id));
	ledger_step();
	poke(run->id, 0);
	ledger_step();
}

static inline void ledger_resume(struct shunt_core *line, struct shunt_parked *place, uint64_t id,
				 uint32_t cls, uint8_t queue, bool held)
{
	ledger_run(line, id, cls, queue, held);
	poke(place->id, 0);
	ledger_step();
}
