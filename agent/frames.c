// SPDX-License-Identifier: BSD-2-Clause
/*
 * frames.c - finds every frame of a dead worker from the rings alone, without any bookkeeping
 *
 * The kernel publishes what it received before what it took from the fill ring for it. So with the
 * fill ring read first and receive rings after it, each frame of the kernel's is seen at least once
 * while XDP goes on.
 *
 * One frame can hide: when a receive ring refuses a packet, the kernel keeps its frame aside for the
 * next one. It has at most one such (a queue's packets come one after the other), and that one is
 * the last that it took from the fill ring: while it has one aside it takes none.
 */
#include <errno.h>
#include <stdlib.h>

#include "frames.h"

bool frames_are_back(const struct rings *r, __u32 sent)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ring_prod(&r->tx[i]) != ring_cons(&r->tx[i]))
			return false;
	}
	return ring_prod(&r->comp) == sent;
}

static int mark_fill(const struct rings *r, __u32 cons, unsigned char *seen)
{
	const struct shunt_ring *fill = &r->fill;
	__u32 n = ring_prod(fill) - cons;

	if (n > fill->mask + 1)
		return -EBADMSG;
	for (; n; n--, cons++) {
		__u64 frame = peek(fill->addr[cons & fill->mask]) / r->geo.chunk;

		if (frame >= r->geo.nframes)
			continue; /* the kernel will throw it away, too */
		if (seen[frame])
			return -EBADMSG; /* two packets would share it */
		seen[frame] = 1;
	}
	return 0;
}

static int mark_rx(const struct rings *r, const struct shunt_ring *rx, unsigned char *seen)
{
	__u32 cons = ring_cons(rx), n = ring_prod(rx) - cons;

	if (n > rx->mask + 1)
		return -EBADMSG;
	for (; n; n--, cons++) {
		__u64 frame = peek(rx->desc[cons & rx->mask].addr) / r->geo.chunk;

		if (frame < r->geo.nframes)
			seen[frame] = 1;
	}
	return 0;
}

static int mark_all(const struct rings *r, __u32 fill_cons, unsigned char *seen)
{
	int err = mark_fill(r, fill_cons, seen);

	for (__u32 k = 0; !err && k < sockets_of(&r->geo); k++)
		err = mark_rx(r, &r->rx[slot_of(&r->geo, k)], seen);
	return err;
}

int frames_find(const struct rings *r, struct harvest *h)
{
	const struct shunt_ring *fill = &r->fill;
	unsigned char *seen = calloc(r->geo.nframes, 1);
	__u64 last;
	int err;

	h->cons = ring_cons(fill);
	h->n = h->last = 0;
	if (!seen)
		return -ENOMEM;
	err = mark_all(r, h->cons, seen);
	/* Whatever the kernel took later than this one is marked as still in the fill ring. (If it never
	 * took any, this is just some frame: there was no refused packet either.) */
	last = peek(fill->addr[(h->cons - 1) & fill->mask]) / r->geo.chunk;
	if (last < r->geo.nframes && !seen[last])
		h->last = last + 1;
	for (__u32 i = 0; !err && i < r->geo.nframes; i++) {
		if (!seen[i] && i + 1 != h->last)
			h->frame[h->n++] = i;
	}
	free(seen);
	return err;
}

int frames_give(struct rings *r, const __u32 *frame, __u32 n)
{
	struct shunt_ring *fill = &r->fill;
	__u32 prod = peek(*fill->prod);

	if (fill->mask + 1 - (prod - ring_cons(fill)) < n)
		return -ENOSPC;
	for (__u32 i = 0; i < n; i++)
		fill->addr[prod++ & fill->mask] = (__u64)frame[i] * r->geo.chunk;
	ring_set_prod(fill, prod);
	return 0;
}
