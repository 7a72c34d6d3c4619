// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_frames.c - takes back the frames that a dead process had, by what its ledger says
 *
 * All of it may be garbage: a worker can write what it likes.
 */
#include <string.h>

#include "ledger.h"
#include "ledger_frames.h"

/* --- moves that were begun ------------------------------------------------------------------- */

static struct shunt_ring *fill_of(struct rings *r, const struct shunt_move *m)
{
	return m->ring < shunt_fill_rings(&r->geo) ? &r->fill[m->ring] : NULL;
}

static struct shunt_ring *comp_of(struct rings *r, __u32 core)
{
	return &r->comp[r->geo.nqueues ? core : 0];
}

/* Does the core hold the lock of that fill ring, so that nobody has moved its index? */
static bool holds(const struct rings *r, __u32 core, __u32 ring)
{
	__u32 holder = peek(r->ctl->fill_lock[ring].holder);

	return (holder & 0xff) == core + 1 && holder >> 8 == peek(r->view->core[core].run.slot);
}

/* A producer may go up to a whole ring beyond the consumer, a consumer up to the producer. */
static void set_prod(struct shunt_ring *ring, __u32 prod)
{
	if (prod - ring_cons(ring) <= ring->mask + 1)
		ring_set_prod(ring, prod);
}

static void set_cons(struct shunt_ring *ring, __u32 cons)
{
	if (ring_prod(ring) - cons <= ring->mask + 1)
		ring_set_cons(ring, cons);
}

/* The one that the core had begun is done once more. */
static void end_move(struct rings *r, __u32 core)
{
	struct shunt_free *list = &r->ctl->free[core];
	struct shunt_move m = { .what = peek(list->move.what), .ring = peek(list->move.ring),
				.fill = peek(list->move.fill), .comp = peek(list->move.comp),
				.tx = peek(list->move.tx), .n = peek(list->move.n),
				.hole = peek(list->move.hole) };
	struct shunt_ring *fill = fill_of(r, &m);

	if (!(m.what & SHUNT_MOVE_LIST))
		return;
	if (m.what & SHUNT_MOVE_FILL && fill && holds(r, core, m.ring))
		set_prod(fill, m.fill);
	if (m.what & SHUNT_MOVE_TX)
		set_prod(&r->tx[core], m.tx);
	if (m.n < SHUNT_FREE_ROOM && m.hole < m.n)
		poke(list->frame[m.hole], peek(list->frame[m.n]));
	if (m.n <= SHUNT_FREE_ROOM)
		poke(list->n, m.n);
	if (m.what & SHUNT_MOVE_COMP && (r->geo.nqueues || holds(r, core, 0)))
		set_cons(comp_of(r, core), m.comp);
	ledger_step();
	poke(list->move.what, 0);
	ledger_step();
}

/* --- what others have ------------------------------------------------------------------------ */

static void mark(const struct rings *r, __u32 frame, unsigned char *seen)
{
	if (frame < r->geo.nframes)
		seen[frame] = 1;
}

static void mark_descs(const struct rings *r, const struct shunt_ring *ring, unsigned char *seen)
{
	__u32 cons = ring_cons(ring), n = ring_prod(ring) - cons;

	for (; n <= ring->mask + 1 && n; n--)
		mark(r, shunt_frame_of(&r->geo, peek(ring->desc[cons++ & ring->mask].addr)), seen);
}

static void mark_addrs(const struct rings *r, const struct shunt_ring *ring, unsigned char *seen)
{
	__u32 cons = ring_cons(ring), n = ring_prod(ring) - cons;

	for (; n <= ring->mask + 1 && n; n--)
		mark(r, shunt_frame_of(&r->geo, peek(ring->addr[cons++ & ring->mask])), seen);
}

/* Of the completion ring only if nobody moves its index: a
 * move may have passed its first frames on already. */
static void mark_rings(const struct rings *r, const struct ledger_dead *d, unsigned char *seen)
{
	for (__u32 i = 0; i < shunt_fill_rings(&r->geo); i++) {
		mark_addrs(r, &r->fill[i], seen);
		if (d->slots == LEDGER_ALL_DEAD.slots)
			mark_addrs(r, &r->comp[i], seen);
	}
	for (__u32 k = 0; k < sockets_of(&r->geo); k++)
		mark_descs(r, &r->rx[slot_of(&r->geo, k)], seen);
	for (__u32 i = 0; i < r->geo.ncores; i++)
		mark_descs(r, &r->tx[i], seen);
}

/* Marks the frame of a request that a living core runs, unless
 * the reply is out: then the kernel may have passed the frame on. */
static void mark_line(const struct rings *r, __u32 core, unsigned char *seen)
{
	const struct shunt_core_run *run = &r->view->core[core].run;
	__u32 frame = __atomic_load_n(&run->frame, __ATOMIC_ACQUIRE);
	bool sent = ledger_sent(r, core);

	atomic_thread_fence(memory_order_acquire);
	/* and not another request by now */
	if (!sent && peek(run->id) && peek(run->frame) == frame)
		mark(r, frame, seen);
}

/* Marks the frames of a living core's list. A frame that a
 * move under way takes out of it may be anywhere already. */
static void mark_list(const struct rings *r, __u32 core, unsigned char *seen)
{
	const struct shunt_free *list = &r->ctl->free[core];
	bool moves = __atomic_load_n(&list->move.what, __ATOMIC_ACQUIRE);
	__u32 hole = peek(list->move.hole), stay = peek(list->move.n), n = ledger_listed(r, core);

	for (__u32 i = 0; i < n && !(moves && i >= stay); i++) {
		if (!moves || i != hole)
			mark(r, peek(list->frame[i]), seen);
	}
}

/* Intents of the living do not count: they may be about entries that others took. */
static void mark_living(const struct rings *r, const struct ledger_dead *d, unsigned char *seen)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i))
			continue;
		mark_line(r, i, seen);
		mark_list(r, i, seen);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++) {
		const struct shunt_parked *p = &r->ctl->parked[i];

		if (!ledger_is_left(d, peek(p->slot)) && peek(p->id))
			mark(r, peek(p->frame), seen);
	}
}

/* --- what the dead had ----------------------------------------------------------------------- */

/* Takes each frame where the lists first name it, unless a living core has it. */
static void check_list(struct rings *r, __u32 core, unsigned char *seen)
{
	struct shunt_free *list = &r->ctl->free[core];
	__u32 n = ledger_listed(r, core), kept = 0;

	for (__u32 i = 0; i < n; i++) {
		__u32 frame = peek(list->frame[i]);

		if (frame >= r->geo.nframes || seen[frame])
			continue;
		seen[frame] = 1;
		if (kept != i)
			poke(list->frame[kept], frame);
		kept++;
	}
	ledger_step();
	poke(list->n, kept);
	ledger_step();
}

bool ledger_list(struct rings *r, const struct ledger_dead *d, __u32 core, __u32 frame)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		__u32 to = (core + i) % r->geo.ncores, n = ledger_listed(r, to);

		if (!ledger_is_dead(d, to) || n == SHUNT_FREE_ROOM)
			continue;
		ledger_free(&r->ctl->free[to], n, frame);
		return true;
	}
	return false;
}

struct taking {
	struct rings *r;
	const struct ledger_dead *d;
	unsigned char *seen;
	__u32 no_room;
};

static void take(struct taking *t, __u32 core, __u32 frame)
{
	if (frame >= t->r->geo.nframes || t->seen[frame])
		return;
	t->seen[frame] = 1;
	t->no_room += !ledger_list(t->r, t->d, core, frame);
}

static void take_line(struct taking *t, __u32 core)
{
	const struct shunt_core_run *run = &t->r->view->core[core].run;
	struct ledger_untold u;

	if (peek(run->id) && !ledger_sent(t->r, core))
		take(t, core, peek(run->frame));
	if (ledger_untold(t->r, run, &u))
		take(t, core, u.frame);
}

__u32 ledger_take_back(struct rings *r, const struct ledger_dead *d, unsigned char *seen)
{
	struct taking t = { .r = r, .d = d, .seen = seen };

	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i))
			end_move(r, i);
	}
	memset(seen, 0, r->geo.nframes);
	mark_rings(r, d, seen);
	mark_living(r, d, seen);
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i))
			check_list(r, i, seen);
	}
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ledger_is_dead(d, i))
			take_line(&t, i);
	}
	for (__u32 i = 0; i < SHUNT_PARKED; i++) {
		const struct shunt_parked *p = &r->ctl->parked[i];

		if (peek(p->id) && ledger_is_left(d, peek(p->slot)))
			take(&t, i % r->geo.ncores, peek(p->frame));
	}
	return t.no_room;
}
