// SPDX-License-Identifier: BSD-2-Clause
/*
 * frames.c - the way of a frame: fill, receive, send, completion, and back to fill
 *
 * Fill and completion ring belong to all cores of the domain; who moves frames between them holds
 * ctl->fill_lock. It is only ever tried: whoever fails leaves the work to the one who has it. The
 * agent clears it when the process is dead.
 *
 * Where cores have queues of their own (a NIC chooses among them, or requests come over the wire), each has rings of
 * its own, and frames, too, so that none runs dry when its requests are stolen, or resumed elsewhere: a frame
 * goes back to the fill ring where it is at home, whoever sent it.
 */
#include <errno.h>

#include "internal.h"

static bool try_lock(const struct core *c, uint32_t *lock)
{
	uint32_t nobody = 0;

	return !peek(*lock) && __atomic_compare_exchange_n(lock, &nobody, c->id + 1, false,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/* The next sent frame that came back, bounded: the kernel echoes whatever address it was given. */
static bool take_completion(struct core *c, uint64_t *frame)
{
	struct shunt_ring *comp = c->comp;

	while (ring_count(comp)) {
		uint32_t cons = peek(*comp->cons);

		*frame = comp->addr[cons & comp->mask] & ~(uint64_t)(c->s->geo.chunk - 1);
		ring_set_cons(comp, cons + 1);
		LEDGER_HOOK();
		if (*frame < shunt_frames_len(&c->s->geo))
			return true;
		bump(c->line->stats.bad_frame, 1);
	}
	return false;
}

static struct core *home_of(const struct core *c, uint64_t frame)
{
	return &c->s->core[shunt_home(&c->s->geo, frame / c->s->geo.chunk)];
}

/* To the fill ring where it is at home. False: somebody else is at it. */
static bool give_home(struct core *c, uint64_t frame)
{
	struct core *h = home_of(c, frame);
	uint32_t prod;

	if (!try_lock(c, h->fill_lock))
		return false;
	prod = peek(*h->fill->prod);
	h->fill->addr[prod & h->fill->mask] = frame; /* there is room for all frames */
	LEDGER_HOOK();
	ring_set_prod(h->fill, prod + 1);
	LEDGER_HOOK();
	unlock(h->fill_lock);
	return true;
}

/* May this core keep the frame for itself? On the wire any: what runs elsewhere than it came to is the exception. */
static bool may_keep(const struct core *c, uint64_t frame)
{
	return c->s->transport->nic_decides || home_of(c, frame) == c;
}

/* The completion ring is this thread's alone. A frame whose home is busy stays here until the next time. */
static void refill_home(struct core *c)
{
	uint32_t kept = 0;

	while ((c->nfree < SHUNT_SPARE || ring_count(c->comp) > c->comp_keep) && c->nfree < FREE_MAX &&
	       take_completion(c, &c->free[c->nfree]))
		c->nfree++;
	for (uint32_t i = 0; i < c->nfree; i++) {
		uint64_t frame = c->free[i];

		if ((kept < SHUNT_SPARE && may_keep(c, frame)) || !give_home(c, frame))
			c->free[kept++] = frame;
	}
	c->nfree = kept;
}

/* Moves what came back, and our own free frames, to the fill ring. But for those that we keep for
 * shunt_send(), and some that stay in the completion ring for any core that sends many: else a core
 * with nothing to do would take each away as it comes. */
static void refill(struct core *c)
{
	struct shunt_ring *fill = c->fill;
	uint32_t prod, room;
	uint64_t frame;

	if (own_rings(c->s)) {
		refill_home(c);
		return;
	}
	if (!try_lock(c, c->fill_lock))
		return;
	prod = peek(*fill->prod);
	/* The kernel publishes what it took from here after what it put into receive rings, so the
	 * ring looks fuller than it is, by a NAPI round: it is larger than nframes by that. */
	while (c->nfree < SHUNT_SPARE && take_completion(c, &frame))
		c->free[c->nfree++] = frame;
	room = fill->mask + 1 - (prod - ring_cons(fill));
	for (; room && ring_count(c->comp) > c->comp_keep && take_completion(c, &frame); room--)
		fill->addr[prod++ & fill->mask] = frame;
	for (; room && c->nfree > SHUNT_SPARE; room--)
		fill->addr[prod++ & fill->mask] = c->free[--c->nfree];
	LEDGER_HOOK();
	ring_set_prod(fill, prod);
	LEDGER_HOOK();
	unlock(c->fill_lock);
}

void frames_recycle(struct core *c)
{
	if (ring_count(c->comp) > c->comp_keep || c->nfree > SHUNT_SPARE)
		refill(c);
}

/* A frame that is not needed any more; it goes to the fill ring soon. */
void frames_free(struct core *c, uint64_t addr)
{
	uint64_t frame = addr & ~(uint64_t)(c->s->geo.chunk - 1);

	if (frame >= shunt_frames_len(&c->s->geo))
		return;
	while (c->nfree == FREE_MAX)
		refill(c); /* whoever holds the lock is a few stores from done */
	c->free[c->nfree++] = frame;
	if (c->nfree >= FREE_MAX / 2)
		refill(c);
}

/* Shares out the frames that the agent left for us. */
void frames_adopt(struct shunt *s)
{
	uint32_t n = peek(s->ctl->nspare);

	for (uint32_t i = 0; i < n && i < s->ncores * SHUNT_SPARE; i++) {
		struct core *c = &s->core[i % s->ncores];
		uint32_t frame = peek(s->ctl->spare[i]);

		if (frame < s->geo.nframes && c->nfree < FREE_MAX)
			c->free[c->nfree++] = (uint64_t)frame * s->geo.chunk;
	}
	poke(s->ctl->nspare, 0);
}

/* A frame of our own, to send in. -ENOBUFS: all are on their way. */
int frames_get(struct core *c, uint64_t *addr)
{
	bool own = own_rings(c->s);
	uint64_t frame;

	if (!c->nfree && (own || try_lock(c, c->fill_lock))) {
		while (c->nfree < FREE_MAX / 4 && take_completion(c, &frame))
			c->free[c->nfree++] = frame;
		if (!own)
			unlock(c->fill_lock);
	}
	if (!c->nfree)
		return -ENOBUFS;
	*addr = c->free[--c->nfree];
	return 0;
}
