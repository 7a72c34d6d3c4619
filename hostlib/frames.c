// SPDX-License-Identifier: BSD-2-Clause
/*
 * frames.c - the way of a frame: fill, receive, send, completion, and back to fill
 *
 * Fill and completion ring belong to all cores of the domain; who moves frames between them holds
 * ctl->fill_lock. It is only ever tried: whoever fails leaves the work to the one who has it. The
 * agent clears it when the process is dead.
 */
#include <errno.h>

#include "internal.h"

static bool try_lock(struct core *c)
{
	uint32_t nobody = 0;

	return !peek(c->s->ctl->fill_lock) &&
	       __atomic_compare_exchange_n(&c->s->ctl->fill_lock, &nobody, c->id + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void unlock(struct core *c)
{
	__atomic_store_n(&c->s->ctl->fill_lock, 0, __ATOMIC_RELEASE);
}

/* The next sent frame that came back, bounded: the kernel echoes whatever address it was given. */
static bool take_completion(struct core *c, uint64_t *frame)
{
	struct shunt *s = c->s;

	while (ring_count(&s->comp)) {
		uint32_t cons = peek(*s->comp.cons);

		*frame = s->comp.addr[cons & s->comp.mask] & ~(uint64_t)(s->geo.chunk - 1);
		ring_set_cons(&s->comp, cons + 1);
		if (*frame < shunt_frames_len(&s->geo))
			return true;
		bump(c->line->stats.bad_frame, 1);
	}
	return false;
}

/* fill_ring >= nframes: there is room unless a frame was given twice. */
static void fill_put(struct core *c, uint32_t *prod, uint64_t frame)
{
	struct shunt_ring *f = &c->s->fill;

	if (*prod - ring_cons(f) > f->mask) {
		bump(c->line->stats.bad_frame, 1);
		return;
	}
	f->addr[(*prod)++ & f->mask] = frame;
}

/* Moves what came back, and our own free frames beyond "keep", to the fill ring. */
static void refill(struct core *c, uint32_t keep)
{
	struct shunt *s = c->s;
	uint32_t prod;
	uint64_t frame;

	if (!try_lock(c))
		return;
	prod = peek(*s->fill.prod);
	while (take_completion(c, &frame))
		fill_put(c, &prod, frame);
	while (c->nfree > keep)
		fill_put(c, &prod, c->free[--c->nfree]);
	ring_set_prod(&s->fill, prod);
	unlock(c);
}

void frames_recycle(struct core *c)
{
	if (ring_count(&c->s->comp) || c->nfree)
		refill(c, 0);
}

void frames_flush(struct core *c)
{
	for (int i = 0; i < 1000 && c->nfree; i++)
		refill(c, 0);
}

/* A frame that is not needed any more; it goes to the fill ring soon. */
void frames_free(struct core *c, uint64_t addr)
{
	uint64_t frame = addr & ~(uint64_t)(c->s->geo.chunk - 1);

	if (frame >= shunt_frames_len(&c->s->geo))
		return;
	while (c->nfree == FREE_MAX)
		refill(c, FREE_MAX / 2); /* whoever holds the lock is a few stores from done */
	c->free[c->nfree++] = frame;
	if (c->nfree >= FREE_MAX / 2)
		refill(c, 0);
}

/* A frame of our own, to send in. -ENOBUFS: all are on their way. */
int frames_get(struct core *c, uint64_t *addr)
{
	uint64_t frame;

	if (!c->nfree && try_lock(c)) {
		while (c->nfree < FREE_MAX / 4 && take_completion(c, &frame))
			c->free[c->nfree++] = frame;
		unlock(c);
	}
	if (!c->nfree)
		return -ENOBUFS;
	*addr = c->free[--c->nfree];
	return 0;
}
