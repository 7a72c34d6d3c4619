// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_epoch.c - a core's epoch: shuntd settles it with the NIC, and the core takes what it is
 * handed
 *
 * The worker has no key, and no say in which epoch comes next. When another epoch begins, requests
 * under way are the old epoch's: they are forgotten or run to their end.
 */
#include <string.h>

#include "../internal.h"

/* The NIC has forgotten all that it gave us: requests that
 * have not begun never will, parked ones run to their end. */
static void forget(struct core *c, uint32_t life)
{
	struct wire *w = c->wire;

	for (; w->head != w->tail; w->head++) {
		struct wire_todo *t = &w->todo[w->head % WIRE_TODO];

		if (t->resume)
			park_orphan(c, t->addr);
		else
			frames_free(c, t->addr);
	}
	for (uint32_t i = 0; i < w->nparks; i++)
		park_orphan(c, w->parks[i].token);
	w->nparks = w->nfirst = 0;
	if (life != w->life)
		park_orphans(c, life);
	w->life = life;
	w->nr = w->high = w->taken = w->open = w->silent = w->run = w->done = 0;
	w->busy_ns = 0;
	memset(w->service, 0, sizeof(w->service));
	w->found = c->line->stats.found;
	w->found_late = c->line->stats.found_late;
}

/* The epoch that shuntd was given for this core, if it is a new one. */
static void take_offer(struct core *c)
{
	struct wire *w = c->wire;
	struct shunt_wire_epoch *e = w->shown;
	uint32_t seq, epoch, life;
	uint64_t cookie;

	w->k = peek(e->k);
	if (peek(e->offer_cookie) == w->cookie)
		return;
	/* Each load before the next: the number is looked at before the rest, and after it. */
	seq = __atomic_load_n(&e->offer_seq, __ATOMIC_ACQUIRE);
	cookie = __atomic_load_n(&e->offer_cookie, __ATOMIC_ACQUIRE);
	epoch = __atomic_load_n(&e->offer_epoch, __ATOMIC_ACQUIRE);
	life = __atomic_load_n(&e->life, __ATOMIC_ACQUIRE);
	w->credit = __atomic_load_n(&e->credit, __ATOMIC_ACQUIRE);
	if (seq & 1 || peek(e->offer_seq) != seq || !cookie)
		return;
	__atomic_store_n(&e->cookie, 0, __ATOMIC_SEQ_CST);
	forget(c, life);
	w->heard_ns = c->now;
	w->epoch = epoch;
	w->cookie = cookie;
	e->epoch = w->epoch;
	__atomic_store_n(&e->cookie, w->cookie, __ATOMIC_SEQ_CST);
	wire_credit(c);
}

/* Is the NIC there? shuntd asks; the worker sees only that an answer came. */
static void watch_nic(struct core *c)
{
	struct wire *w = c->wire;
	uint64_t heard = peek(w->shown->heard);

	if (heard != w->heard) {
		w->heard = heard;
		w->heard_ns = c->now;
	} else if (c->now - w->heard_ns > WIRE_SILENT_NS) {
		poke(w->shown->ask, ++w->asked);
		w->heard_ns = c->now; /* not again at once */
	}
}

/* Epochs that shuntd has settled since, and questions for it. */
void wire_epoch_tick(struct core *c)
{
	take_offer(c);
	watch_nic(c);
}

/* In the core's thread, before the first request: shuntd says HELLO when it hears that this core is
 * up. */
void wire_start(struct core *c)
{
	struct wire *w = c->wire;

	w->repeat_ns = WIRE_REPEAT_NS;
	c->now = clock_ns();
	w->heard_ns = c->now;
	w->asked = peek(w->shown->ask);
}

void wire_stop(struct core *c)
{
	__atomic_store_n(&c->wire->shown->cookie, 0, __ATOMIC_SEQ_CST);
}
