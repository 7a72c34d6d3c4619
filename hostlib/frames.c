// SPDX-License-Identifier: BSD-2-Clause
/*
 * frames.c - the way of a frame: fill, receive, send, completion, and back to fill
 *
 * Fill and completion ring belong to all cores of the domain; a core that moves frames between them
 * holds ctl->fill_lock. The lock is only ever tried: a core that fails leaves the work to the core
 * that has it. The agent breaks the lock when the process is dead. Frames that a core has in no
 * ring are in its list in ctl, where the agent finds them (lib/ledger.h).
 *
 * Where cores have queues of their own (a NIC chooses among them, or requests come over the wire),
 * each has rings of its own, and frames, too, so that none runs dry when its requests are stolen,
 * or resumed elsewhere: a frame goes back to the fill ring where it is at home, whoever sent it.
 */
#include <errno.h>
#include <sys/socket.h>

#include "internal.h"

static bool try_lock(const struct core *c, uint32_t *lock)
{
	uint32_t nobody = 0;

	if (peek(*lock) ||
	    !__atomic_compare_exchange_n(lock, &nobody, SHUNT_HOLDER(c->s->slot, c->id), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	LEDGER_HOOK();
	return true;
}

static void unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
	LEDGER_HOOK();
}

/* The fill ring of that core got frames. In zero copy, a driver that found it empty may sleep; what
 * it says after we looked, shuntd finds (pool_wake()). */
static void wake_driver(const struct core *of)
{
	if (ring_needs_wakeup(of->fill))
		recvfrom(of->sock, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static uint64_t address_of(const struct core *c, uint32_t frame)
{
	return (uint64_t)frame * c->s->geo.chunk;
}

/* The sent frame at this index of the completion ring, if one came
 * back, bounded: the kernel echoes whatever address it was given. */
static bool next_sent(struct core *c, uint32_t *cons, uint32_t *frame)
{
	const struct shunt_ring *comp = c->comp;

	while (ring_prod(comp) != *cons) {
		*frame = shunt_frame_of(&c->s->geo, comp->addr[(*cons)++ & comp->mask]);
		if (*frame < c->s->geo.nframes)
			return true;
		bump(c->line->stats.bad_frame, 1);
	}
	return false;
}

static struct core *home_of(const struct core *c, uint32_t frame)
{
	return &c->s->core[shunt_home(&c->s->geo, frame)];
}

/* Moves the frame at this place of the list to the fill ring
 * where it is at home. False: another core has that ring's lock. */
static bool give_home(struct core *c, uint32_t at)
{
	uint32_t frame = peek(c->list->frame[at]);
	struct core *h = home_of(c, frame);
	struct shunt_move to;

	if (!try_lock(c, h->fill_lock))
		return false;
	to = (struct shunt_move){ .ring = h->id, .fill = peek(*h->fill->prod), .n = c->nfree - 1,
				  .hole = at };
	/* The fill ring has room for all frames. */
	h->fill->addr[to.fill++ & h->fill->mask] = address_of(c, frame);
	LEDGER_HOOK();
	ledger_move(c->list, (struct ledger_rings){ .fill = h->fill }, &to);
	unlock(h->fill_lock);
	c->nfree = to.n;
	return true;
}

/* May this core keep the frame for itself? On the wire any frame:
 * requests seldom run elsewhere than on the core that they came to. */
static bool may_keep(const struct core *c, uint32_t frame)
{
	return c->s->transport->nic_decides || home_of(c, frame) == c;
}

/* Takes sent frames into the list, until it has "most", or the completion ring only "leave". */
static void take_sent(struct core *c, uint32_t most, uint32_t leave)
{
	struct shunt_move to = { .n = c->nfree, .comp = peek(*c->comp->cons) };
	uint32_t frame;

	while (to.n < most && (to.n < SHUNT_SPARE || ring_prod(c->comp) - to.comp > leave) &&
	       next_sent(c, &to.comp, &frame))
		poke(c->list->frame[to.n++], frame);
	if (to.comp == peek(*c->comp->cons))
		return;
	to.hole = to.n;
	ledger_move(c->list, (struct ledger_rings){ .comp = c->comp }, &to);
	c->nfree = to.n;
}

/* The completion ring is this thread's alone. A frame
 * whose home is busy stays here until the next time. */
static void refill_home(struct core *c)
{
	uint64_t fed = 0;

	take_sent(c, FREE_MAX, c->comp_keep);
	for (uint32_t i = 0; i < c->nfree;) {
		uint32_t frame = peek(c->list->frame[i]);

		if ((i < SHUNT_SPARE && may_keep(c, frame)) || !give_home(c, i))
			i++;
		else
			fed |= 1ULL << home_of(c, frame)->id;
	}
	for (; fed; fed &= fed - 1)
		wake_driver(&c->s->core[__builtin_ctzll(fed)]);
}

/* Moves what came back, and our own free frames, to the fill ring. But for those that we keep for
 * shunt_send(), and some that stay in the completion ring for any core that sends many: else a core
 * with nothing to do would take each away as it comes. */
static void refill(struct core *c)
{
	struct shunt_ring *fill = c->fill, *comp = c->comp;
	struct shunt_move to = { .n = c->nfree };
	uint32_t room, frame;

	if (own_rings(c->s)) {
		refill_home(c);
		return;
	}
	if (!try_lock(c, c->fill_lock))
		return;
	to.fill = peek(*fill->prod);
	to.comp = peek(*comp->cons);
	/* The kernel publishes what it took from here after what it put into receive rings, so the
	 * ring looks fuller than it is, by a NAPI round: it is larger than nframes by that. */
	room = fill->mask + 1 - (to.fill - ring_cons(fill));
	while (to.n < SHUNT_SPARE && next_sent(c, &to.comp, &frame))
		poke(c->list->frame[to.n++], frame);
	for (; room && ring_prod(comp) - to.comp > c->comp_keep &&
		       next_sent(c, &to.comp, &frame); room--)
		fill->addr[to.fill++ & fill->mask] = address_of(c, frame);
	for (; room && to.n > SHUNT_SPARE; room--)
		fill->addr[to.fill++ & fill->mask] = address_of(c, peek(c->list->frame[--to.n]));
	LEDGER_HOOK();
	to.hole = to.n;
	ledger_move(c->list, (struct ledger_rings){ .fill = fill, .comp = comp }, &to);
	unlock(c->fill_lock);
	c->nfree = to.n;
	wake_driver(c);
}

void frames_recycle(struct core *c)
{
	if (ring_count(c->comp) > c->comp_keep || c->nfree > SHUNT_SPARE)
		refill(c);
}

/* A frame that is not needed any more; it goes to the fill ring soon.
 * Until the request has ended it stays in the list, so others go first. */
void frames_free(struct core *c, uint64_t addr)
{
	uint32_t frame = shunt_frame_of(&c->s->geo, addr);

	if (frame >= c->s->geo.nframes)
		return;
	if (c->nfree >= FREE_MAX / 2)
		refill(c);
	while (c->nfree == SHUNT_FREE_ROOM)
		refill(c); /* the lock's holder is a few stores from
			    * done; of a dead one the agent breaks it */
	ledger_free(c->list, c->nfree, frame);
	c->nfree++;
}

/* The agent left a list for this core: frames of the process before. */
void frames_adopt(struct core *c)
{
	uint32_t n = peek(c->list->n);

	c->nfree = n <= SHUNT_FREE_ROOM ? n : 0;
}

/* Gets a frame of our own, to send in: the frame stays in
 * the list until it is sent. -ENOBUFS: all are on their way. */
int frames_get(struct core *c, uint64_t *addr)
{
	bool own = own_rings(c->s);
	uint32_t frame;

	if (!c->nfree && (own || try_lock(c, c->fill_lock))) {
		take_sent(c, FREE_MAX / 4, 0);
		if (!own)
			unlock(c->fill_lock);
	}
	if (!c->nfree)
		return -ENOBUFS;
	frame = peek(c->list->frame[c->nfree - 1]);
	if (frame >= c->s->geo.nframes)
		return -ENOBUFS; /* somebody wrote over the list */
	*addr = address_of(c, frame);
	return 0;
}
