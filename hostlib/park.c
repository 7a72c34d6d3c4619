// SPDX-License-Identifier: BSD-2-Clause
/*
 * park.c - preempted requests: kept in order, counted where the agent finds them, resumed by any
 * core
 *
 * lib/ledger.h says which stores tell of parked requests when the process is dead.
 *
 * On the wire the order is the NIC's: a parked request waits under a token until the NIC names it,
 * and is in no queue here. A request that the NIC has forgotten (an orphan) goes into the queues,
 * for any core to end.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actors.h"
#include "internal.h"
#include "locked.h"

#define STACK_SIZE (64 << 10)

/* Held for a few stores. A thread that is interrupted
 * while it has the lock gets its CPU back by our yielding. */
static void lock(struct park *k)
{
	for (int i = 0; atomic_exchange_explicit(&k->lock, 1, memory_order_acquire); i++) {
		if (i > 100)
			sched_yield();
	}
}

static void unlock(struct park *k)
{
	atomic_store_explicit(&k->lock, 0, memory_order_release);
}

/* The words that others read without the lock: a hint of what they will find. */
static void publish(struct park *k, uint32_t cls)
{
	struct parked *of = &k->of[cls];
	const struct item *it = of->first;

	if (it) {
		atomic_store_explicit(&of->queued_ns, it->queued_ns, memory_order_relaxed);
		atomic_store_explicit(&of->arrival_ns, it->req.arrival_ns, memory_order_relaxed);
		if (!(atomic_load_explicit(&k->mask, memory_order_relaxed) >> cls & 1))
			atomic_fetch_or(&k->mask, 1u << cls); /* before we look which cores sleep */
	} else {
		atomic_fetch_and_explicit(&k->mask, ~(1u << cls), memory_order_relaxed);
	}
}

/* A place that is neither ours nor another process's. False: there is none. */
static bool take_place(struct shunt *s, struct item *it)
{
	for (uint32_t i = 0; i < SHUNT_PARKED / 64; i++) {
		for (uint64_t left = ~s->park.used[i]; left; left &= left - 1) {
			uint32_t bit = __builtin_ctzll(left), place = i * 64 + bit;

			if (!ledger_place(&s->ctl->parked[place], s->slot))
				continue;
			s->park.used[i] |= 1ULL << bit;
			it->place = place;
			return true;
		}
	}
	return false;
}

static bool was_held(const struct item *it)
{
	return it->slot >= SHUNT_HOLD_SLOT;
}

static void count(struct shunt_view_parked *n, const struct item *it, uint32_t by)
{
	bump(n->cls[it->req.cls], by);
	if (was_held(it))
		bump(n->held, by);
	bump(n->now, by);
}

/* Counts in the view, for readers outside: one request is
 * parked, one leaves, each NULL if none. Under the lock. */
static void tally(struct shunt *s, const struct item *in, const struct item *out)
{
	struct shunt_view_parked *n = &s->view->parked[s->slot];

	if (in && out && in->req.cls == out->req.cls && was_held(in) == was_held(out))
		return;
	if (in)
		count(n, in, 1);
	if (out)
		count(n, out, -1);
	if (peek(n->now) > peek(n->peak))
		poke(n->peak, n->now);
}

/* A core that sleeps beside the request would not see it: its rings stay as they are. */
void park_wake_sleeper(struct core *c)
{
	struct shunt *s = c->s;

	if (s->ncores == 1)
		return;
	for (unsigned int i = 0; i < s->ncores; i++) {
		if (i != c->id && __atomic_load_n(&s->core[i].run->state, __ATOMIC_SEQ_CST) ==
					  SHUNT_CORE_ASLEEP) {
			eventfd_write(s->unpark, 1);
			return;
		}
	}
}

/* Are as many requests parked as may be, or would be if each core were just about to park one? */
bool park_full(const struct shunt *s)
{
	uint32_t n = peek(s->park.n) + s->ncores + peek(s->view->parked[!s->slot].now);

	return n > s->park.max || n > peek(s->view->parked_max);
}

/* To the tail, nearly always, or to the head, which others then see. */
static void insert(struct park *k, struct item *it)
{
	struct parked *of = &k->of[it->queue];
	struct item **at = &of->first;

	MUST_HOLD(&k->lock);
	if (*at && of->last->queued_ns <= it->queued_ns)
		at = &of->last->next;
	while (*at && (*at)->queued_ns <= it->queued_ns)
		at = &(*at)->next;
	it->next = *at;
	*at = it;
	if (!it->next)
		of->last = it;
	if (of->first == it)
		publish(k, it->queue);
}

/* Parks a request that has a place; the core gets another item for the next one.
 * Returns the token by which the NIC will name the request, or 0. Under the lock. */
static uint64_t put_in(struct core *c, struct item *it)
{
	struct shunt *s = c->s;
	struct park *k = &s->park;

	ledger_park(c->run, &s->ctl->parked[it->place], it->req.id, it->req.cls,
		    shunt_frame_of(&s->geo, it->addr), actors_nr(c, it));
	c->item = k->free;
	k->free = c->item->next;
	poke(k->n, k->n + 1);
	if (!s->transport->name) {
		insert(k, it);
		return 0;
	}
	s->transport->name(c, it);
	return it->token;
}

/* Takes the first of a class out that this core may resume. */
static struct item *take_out(struct park *k, const struct core *c, uint32_t cls)
{
	struct item **at = &k->of[cls].first, *before = NULL, *it;

	MUST_HOLD(&k->lock);
	while (*at && (*at)->stay && (*at)->core != c) {
		before = *at;
		at = &before->next;
	}
	it = *at;
	if (!it)
		return NULL;
	*at = it->next;
	if (!it->next)
		k->of[cls].last = before;
	return it;
}

/* The item becomes this core's, in place of the item
 * that it has, which is given back. Under the lock. */
static void adopt(struct core *c, struct item *it)
{
	struct park *k = &c->s->park;

	MUST_HOLD(&k->lock);
	poke(k->n, k->n - 1);
	c->item->next = k->free;
	k->free = c->item;
	c->item = it;
	it->core = c;
	it->req.core = c->id;
	ledger_resume(c->line, &c->s->ctl->parked[it->place],
		      (struct ledger_request){ .id = it->sent,
					       .frame = shunt_frame_of(&c->s->geo, it->addr),
					       .cls = it->req.cls, .queue = it->queue,
					       .held = was_held(it), .actor = actors_nr(c, it),
					       .actor_base = actors_ended(c, it) });
	k->used[it->place / 64] &= ~(1ULL << it->place % 64);
}

/* The first of a class becomes the core's item, which is given
 * back for it. False: another core was faster. Under the lock. */
static bool take_first(struct core *c, uint32_t cls)
{
	struct park *k = &c->s->park;
	struct item *it = take_out(k, c, cls);

	if (!it)
		return false;
	publish(k, cls);
	adopt(c, it);
	return true;
}

bool park_take(struct core *c, uint32_t cls)
{
	bool taken;

	lock(&c->s->park);
	taken = take_first(c, cls);
	if (taken)
		tally(c->s, NULL, c->item);
	unlock(&c->s->park);
	return taken;
}

/*
 * The core's item has left its stack: it may go on anywhere. "next": the class whose first parked
 * one the core goes on with, if it is still there; or -1. True: that is the core's item now, or the
 * one that it had, as another process has taken all places meanwhile.
 */
bool park_put(struct core *c, int next)
{
	struct shunt *s = c->s;
	struct park *k = &s->park;
	struct item *it = c->item;
	uint32_t seq = it->seq; /* once unlocked, it may run elsewhere */
	uint64_t token;
	bool taken;

	lock(k);
	if (!take_place(s, it)) {
		unlock(k);
		return true;
	}
	token = put_in(c, it);
	taken = next >= 0 && take_first(c, next);
	tally(s, it, taken ? c->item : NULL);
	unlock(k);
	s->transport->parked(c, seq, token);
	return taken;
}

/* The first of any class. False: there is none. */
bool park_take_any(struct core *c)
{
	uint32_t mask = atomic_load_explicit(&c->s->park.mask, memory_order_relaxed);

	for (; mask; mask &= mask - 1) {
		if (park_take(c, __builtin_ctz(mask)))
			return true;
	}
	return false;
}

/* The item with that token; NULL: there is none any more. Under the lock. */
static struct item *find_token(struct shunt *s, uint64_t token)
{
	struct item *it = s->park.named[(token & 0xffff) % SHUNT_PARKED];

	MUST_HOLD(&s->park.lock);
	return it && it->token == token ? it : NULL;
}

/* The NIC names a token, in its sending of that number. False: it is nobody's any more. */
bool park_resume(struct core *c, uint64_t token, uint64_t sent)
{
	struct shunt *s = c->s;
	struct item *it;

	lock(&s->park);
	it = find_token(s, token);
	if (it) {
		s->park.named[it->place] = NULL;
		it->sent = sent;
		adopt(c, it);
		tally(s, NULL, it);
	}
	unlock(&s->park);
	return it;
}

static void orphan(struct shunt *s, struct item *it)
{
	MUST_HOLD(&s->park.lock);
	s->park.named[it->place] = NULL;
	it->seq = 0;
	insert(&s->park, it);
}

/* The NIC will not name this token any more: a core
 * that has nothing else to do ends its request. */
void park_orphan(struct core *c, uint64_t token)
{
	struct shunt *s = c->s;
	struct item *it;

	lock(&s->park);
	it = find_token(s, token);
	if (it)
		orphan(s, it);
	unlock(&s->park);
}

/* Makes orphans of all requests that were parked in another life of the NIC than this one. */
void park_orphans(struct core *c, uint32_t life)
{
	struct shunt *s = c->s;

	lock(&s->park);
	for (int i = 0; i < SHUNT_PARKED; i++) {
		if (s->park.named[i] && s->park.named[i]->life != life)
			orphan(s, s->park.named[i]);
	}
	unlock(&s->park);
}

/* The request has ended: its stack is another's. */
void park_done(struct core *c, struct item *it)
{
	if (it->ctx)
		ctx_put(&c->s->stacks, it->ctx);
	it->ctx = NULL;
}

int park_init(struct shunt *s)
{
	size_t stack = s->opts.stack_size ? s->opts.stack_size : STACK_SIZE;
	uint32_t own = s->ncores * (1 + ITEMS_KEPT), n = own + SHUNT_PARKED;
	int err = ctx_pool_init(&s->stacks, s->ncores + SHUNT_PARKED, stack);

	if (err)
		return set_error(s, err, "cannot make %u stacks of %zu KiB",
				 s->ncores + SHUNT_PARKED, stack >> 10);
	s->unpark = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	s->items = aligned_alloc(_Alignof(struct item), n * sizeof(*s->items));
	if (!s->items || s->unpark < 0)
		return set_error(s, -ENOMEM, "out of memory");
	memset(s->items, 0, n * sizeof(*s->items));
	s->park = (struct park){ .max = SHUNT_PARKED };
	for (uint32_t i = 0; i < own; i++) {
		struct core *c = &s->core[i / (1 + ITEMS_KEPT)];

		*(i % (1 + ITEMS_KEPT) ? &c->kept[i % (1 + ITEMS_KEPT) - 1] : &c->item) =
			&s->items[i];
	}
	for (uint32_t i = own; i < n; i++) {
		s->items[i].next = s->park.free;
		s->park.free = &s->items[i];
	}
	return 0;
}

void park_free(struct shunt *s)
{
	if (!s->items)
		return;
	ctx_pool_free(&s->stacks);
	free(s->items);
	s->items = NULL;
	close(s->unpark);
}
