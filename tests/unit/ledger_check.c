// SPDX-License-Identifier: BSD-2-Clause
/*
 * ledger_check.c - what must hold should the worker die now
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ledger_world.h"

/* Requests in receive rings, and replies in send rings that the kernel has not taken. */
static void count_rings(uint64_t *waiting, uint64_t *replies)
{
	for (uint32_t k = 0; k < sockets_of(&world.geo); k++) {
		const struct shunt_ring *r = &world.rx[slot_of(&world.geo, k)];

		for (uint32_t i = *r->cons; i != *r->prod; i++)
			waiting[world_meta(r->desc[i & r->mask].addr)->cls]++;
	}
	for (uint32_t k = 0; k < world.geo.ncores; k++) {
		const struct shunt_ring *tx = &world.tx[k];

		for (uint32_t i = *tx->cons; i != *tx->prod; i++)
			replies[world_meta(tx->desc[i & tx->mask].addr)->cls] +=
				world_is_reply(&tx->desc[i & tx->mask]);
	}
}

/* The same sums for the actor, whose requests are all of its class. */
static void check_actor(const char *when, const struct verdict *now, uint64_t waiting,
			uint64_t replies)
{
	uint64_t replied = world_reclaimed.replied[ACTOR_SUMS],
		 ended = world_reclaimed.lost[ACTOR_SUMS];

	for (uint32_t i = 0; i < now->nactors; i++) {
		assert_int_equal(now->actor[i].nr, 0);
		*(now->actor[i].replied ? &replied : &ended) += 1;
	}
	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		replied += world.actors[i].replied;
		ended += world.actors[i].noreply + world.actors[i].expired;
	}
	if (replied != replies || replied + ended + waiting != world_arrived[ACTOR_CLASS])
		fail_msg("%s: actor: %lu arrived, told of are %lu replied (%lu were sent), %lu "
			 "ended else, %lu wait",
			 when, world_arrived[ACTOR_CLASS], replied, replies, ended, waiting);
}

/* v: counts of processes that are dead now, world_reclaimed: of those reclaimed before. */
static void check_requests(const char *when, const struct verdict *now)
{
	uint64_t waiting[CLASSES] = { 0 }, replies[CLASSES];
	struct verdict v = *now;

	memcpy(replies, world_sent, sizeof(replies));
	count_rings(waiting, replies);
	for (int cls = 0; cls < CLASSES; cls++) {
		uint64_t replied = v.replied[cls] + world_reclaimed.replied[cls],
			 ended = v.lost[cls] + world_reclaimed.lost[cls];

		for (uint32_t i = 0; i < world.geo.ncores; i++) {
			const struct shunt_core *c = &world.view->core[i];

			replied += c->cls[cls].replied;
			ended += c->cls[cls].noreply + c->expired.n[cls];
		}
		if (replied != replies[cls])
			fail_msg("%s: class %d: %lu replies are told of, %lu were sent", when, cls,
				 replied, replies[cls]);
		if (replied + ended + waiting[cls] != world_arrived[cls])
			fail_msg("%s: class %d: %lu arrived, told of are %lu: %lu replied, %lu "
				 "ended else (of these %llu lost "
				 "now), %lu wait",
				 when, cls, world_arrived[cls], replied + ended + waiting[cls],
				 replied, ended, v.lost[cls], waiting[cls]);
	}
	for (int cls = CLASSES; cls < SHUNT_CLASSES; cls++)
		assert_int_equal(v.replied[cls] + v.lost[cls], 0);
	check_actor(when, now, waiting[ACTOR_CLASS], replies[ACTOR_CLASS]);
}

/* As long as a line names a request, all in it is of that one: XDP reads it, too. */
static void check_lines(const char *when)
{
	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		const struct shunt_core_run *run = &world.view->core[i].run;
		const struct world_request *q = world_request(run->id);

		if (run->id && (run->cls != q->cls || run->queue != q->cls ||
				run->held != (q->slot >= SHUNT_HOLD_SLOT)))
			fail_msg("%s: core %u runs %lu, which is not what its line says", when, i,
				 (unsigned long)run->id);
	}
}

void world_find_frames(struct harvest *h)
{
	unsigned char seen[NFRAMES] = { 0 };

	assert_int_equal(frames_mark(&world, FRAMES_FIRST, seen), 0);
	assert_int_equal(frames_mark(&world, FRAMES_SECOND, seen), 0);
	frames_list(&world, seen, h);
	for (int i = 0; i < FRAMES_KEPT; i++) { /* no ring has ever refused a packet */
		if (h->kept[i])
			h->frame[h->n++] = h->kept[i] - 1;
	}
}

static void check_frames(const char *when)
{
	uint32_t frame[NFRAMES], times[NFRAMES] = { 0 };
	struct harvest h = { .frame = frame };

	world_find_frames(&h);
	for (uint32_t i = 0; i < h.n; i++)
		times[frame[i]]++;
	for (uint32_t i = *world.fill[0].cons; i != *world.fill[0].prod; i++)
		times[world.fill[0].addr[i & world.fill[0].mask] / world.geo.chunk]++;
	for (uint32_t k = 0; k < sockets_of(&world.geo); k++) {
		const struct shunt_ring *r = &world.rx[slot_of(&world.geo, k)];

		for (uint32_t i = *r->cons; i != *r->prod; i++)
			times[r->desc[i & r->mask].addr / world.geo.chunk]++;
	}
	for (uint32_t i = 0; i < NFRAMES; i++) {
		if (times[i] != 1)
			fail_msg("%s: frame %u is in %u places", when, i, times[i]);
	}
	/* A frame on its way out is in no other ring. */
	for (uint32_t k = 0; k < world.geo.ncores; k++) {
		const struct shunt_ring *tx = &world.tx[k];

		for (uint32_t i = *tx->cons; i != *tx->prod; i++) {
			uint32_t of = tx->desc[i & tx->mask].addr / world.geo.chunk, at = 0;

			while (at < h.n && frame[at] != of)
				at++;
			if (at == h.n)
				fail_msg("%s: frame %u is sent, and in another ring", when, of);
		}
	}
}

/* --- by the ledger --------------------------------------------------------------------------- */

static void count_list(uint32_t *times, const char *when, uint32_t core)
{
	const struct shunt_free *list = &world.ctl->free[core];

	if (list->n > SHUNT_FREE_ROOM)
		fail_msg("%s: core %u has %u frames", when, core, list->n);
	for (uint32_t i = 0; i < list->n; i++)
		times[list->frame[i]]++;
}

/* All are dead and reclaimed: each frame is in a ring or in a core's list. */
static void check_lists(const char *when)
{
	uint32_t times[NFRAMES] = { 0 };

	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		const struct shunt_ring *tx = &world.tx[i];

		count_list(times, when, i);
		for (uint32_t k = *tx->cons; k != *tx->prod; k++)
			times[tx->desc[k & tx->mask].addr / world.geo.chunk]++;
	}
	for (int i = 0; i < 2; i++) {
		const struct shunt_ring *ring = i ? &world.comp[0] : &world.fill[0];

		for (uint32_t k = *ring->cons; k != *ring->prod; k++)
			times[ring->addr[k & ring->mask] / world.geo.chunk]++;
	}
	for (uint32_t k = 0; k < sockets_of(&world.geo); k++) {
		const struct shunt_ring *r = &world.rx[slot_of(&world.geo, k)];

		for (uint32_t i = *r->cons; i != *r->prod; i++)
			times[r->desc[i & r->mask].addr / world.geo.chunk]++;
	}
	for (uint32_t i = 0; i < world_nposted; i++)
		times[world_posted[i] / world.geo.chunk]++;
	for (uint32_t i = 0; i < NFRAMES; i++) {
		if (times[i] != 1)
			fail_msg("%s: by the ledger, frame %u is in %u places", when, i, times[i]);
	}
	for (uint32_t i = 0; i < SHUNT_CORES; i++)
		assert_int_equal(world.ctl->fill_lock[i].holder, 0);
	for (uint32_t i = 0; i < SHUNT_PARKED; i++)
		assert_int_equal(world.ctl->parked[i].slot | world.ctl->parked[i].id, 0);
}

/* Do a dead and a living core take the same entry? */
static bool is_contested(unsigned int slot)
{
	struct ledger_dead d = world_dead(slot);

	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		for (uint32_t k = 0; k < world.geo.ncores; k++) {
			uint64_t intent = world.view->core[i].run.intent;

			if (intent && intent == world.view->core[k].run.intent &&
			    ledger_is_dead(&d, i) && !ledger_is_dead(&d, k))
				return true;
		}
	}
	return false;
}

/* A lock and the lines of a process that lives are its own. */
static void check_living(const char *when, unsigned int dead, const struct shunt_core *before,
			 uint32_t lock)
{
	struct ledger_dead d = world_dead(dead);

	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		if (!ledger_is_dead(&d, i) &&
		    memcmp(&before[i], &world.view->core[i], sizeof(*before)))
			fail_msg("%s: the line of core %u is its own", when, i);
	}
	if (lock && lock >> 8 != dead && world.ctl->fill_lock[0].holder != lock)
		fail_msg("%s: the lock is of one that lives", when);
}

void world_check_places(const char *when)
{
	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		if (!core_done(i))
			return;
	}
	for (uint32_t i = 0; i < SHUNT_PARKED; i++) {
		if (world.ctl->parked[i].slot && !world.ctl->parked[i].id)
			fail_msg("%s: place %u is taken, and no request is in it", when, i);
	}
}

static const struct verdict nothing;

static bool sends(void)
{
	for (uint32_t i = 0; i < world.geo.ncores; i++) {
		if (ring_count(&world.tx[i]))
			return true;
	}
	return false;
}

/* First dies one process, then the other. sent: before, the kernel takes all from the send
 * rings. */
static void check_deaths(const char *when, unsigned int first, bool sent)
{
	struct shunt_core before[CORES];
	struct verdict reclaimed = world_reclaimed;
	uint32_t lock = world.ctl->fill_lock[0].holder;

	world_try();
	for (uint32_t i = 0; sent && i < world.geo.ncores; i++)
		world_send(i);
	memcpy(before, world.view->core, world.geo.ncores * sizeof(*before));
	if (world_reclaim(world_dead(first), 0)) {
		check_living(when, first, before, lock);
		if (!world_reclaim(world_dead(!first), 0))
			fail_msg("%s: nobody lives, and yet it is not decided", when);
		check_requests(when, &nothing);
		check_lists(when);
	} else if (!is_contested(first)) {
		fail_msg("%s: no living core is at the same entry, and yet it is not decided",
			 when);
	}
	world_untry();
	world_reclaimed = reclaimed;
}

static void check_ledger(const char *when)
{
	struct verdict reclaimed = world_reclaimed;

	world_try();
	if (!world_reclaim(LEDGER_ALL_DEAD, 0))
		fail_msg("%s: all are dead, and yet it is not decided", when);
	check_requests(when, &nothing);
	check_lists(when);
	world_untry();
	world_reclaimed = reclaimed;
	for (unsigned int i = 0; world_processes() > 1 && i < 2; i++) {
		check_deaths(when, i, false);
		if (sends())
			check_deaths(when, i, true);
	}
}

void world_check(const char *when)
{
	struct verdict v;

	ledger_read(&world, &LEDGER_ALL_DEAD, &v);
	check_requests(when, &v);
	check_lines(when);
	if (!world_nposted) /* else no ring shows where all are */
		check_frames(when);
	check_ledger(when);
}
