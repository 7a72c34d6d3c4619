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
			replies[world_meta(tx->desc[i & tx->mask].addr)->cls]++;
	}
}

static void check_requests(const char *when)
{
	uint64_t waiting[CLASSES] = { 0 }, replies[CLASSES];
	struct verdict v;

	ledger_read(&world, &v);
	memcpy(replies, world_sent, sizeof(replies));
	count_rings(waiting, replies);
	for (int cls = 0; cls < CLASSES; cls++) {
		uint64_t replied = v.replied[cls] + world_buried.replied[cls],
			 ended = v.lost[cls] + world_buried.lost[cls];

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
	/* What is on its way out is in no other ring. */
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

void world_check(const char *when)
{
	check_requests(when);
	check_lines(when);
	check_frames(when);
}
