// SPDX-License-Identifier: BSD-2-Clause
/*
 * frames.c - finds every frame of a dead worker from the rings alone, without any bookkeeping
 *
 * The kernel publishes what it received before what it took from the fill ring for it. So with the
 * fill ring read first and receive rings after it, each frame of the kernel's is seen at least once
 * while XDP goes on. But for the round of packets in which the kernel comes to the end of what it
 * knew of the fill ring: it publishes what it took when it looks for more, so frames of packets
 * that it has not published yet are in no ring for a moment. When that round is over the packets
 * are in a receive ring, and stay there, as there is no worker: hence the second look. A frame that
 * is in no ring both times is nobody's. (And hence the wait before the first: a round that the
 * worker saw the beginning of may have received what the worker took, without having published that
 * it is used.)
 *
 * One frame can hide longer: when a receive ring refuses a packet, the kernel keeps its frame aside
 * for the next one. The kernel has at most one such frame (a queue's packets come one after the
 * other), and it is the last that was taken from the fill ring: while one is aside none is taken.
 * So the last frame at either look is left alone, if a ring has ever refused a packet, and tried
 * again later.
 *
 * A domain of several queues has a fill ring for each, and all this holds for each queue by itself:
 * a frame goes from one queue to another by a worker's hands alone.
 */
#include <errno.h>
#include <string.h>

#include "frames.h"

bool frames_are_back(const struct rings *r, const __u32 *sent)
{
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		if (ring_prod(&r->tx[i]) != ring_cons(&r->tx[i]))
			return false;
	}
	for (__u32 i = 0; i < shunt_fill_rings(&r->geo); i++) {
		if (ring_prod(&r->comp[i]) != sent[i])
			return false;
	}
	return true;
}

static int mark_fill(const struct rings *r, const struct shunt_ring *fill, enum frames_round round,
		     __u32 cons, unsigned char *seen)
{
	__u32 n = ring_prod(fill) - cons;

	if (n > fill->mask + 1)
		return -EBADMSG;
	for (; n; n--, cons++) {
		__u64 frame = peek(fill->addr[cons & fill->mask]) / r->geo.chunk;

		if (frame >= r->geo.nframes)
			continue; /* the kernel will throw it away, too */
		if (seen[frame] & round)
			return -EBADMSG; /* two packets would share it */
		seen[frame] |= round;
	}
	return 0;
}

static int mark_rx(const struct rings *r, const struct shunt_ring *rx, enum frames_round round,
		   unsigned char *seen)
{
	__u32 cons = ring_cons(rx), n = ring_prod(rx) - cons;

	if (n > rx->mask + 1)
		return -EBADMSG;
	for (; n; n--, cons++) {
		__u64 frame = peek(rx->desc[cons & rx->mask].addr) / r->geo.chunk;

		if (frame < r->geo.nframes)
			seen[frame] |= round;
	}
	return 0;
}

/*
 * Marks the frame that the kernel took last from the fill ring. Frames taken later are marked as
 * still in that ring. (If none was ever taken, this is just some frame: no packet was refused
 * either.)
 */
static void mark_last(const struct rings *r, const struct shunt_ring *fill, __u32 fill_cons,
		      unsigned char *seen)
{
	__u64 last = peek(fill->addr[(fill_cons - 1) & fill->mask]) / r->geo.chunk;

	if (last < r->geo.nframes)
		seen[last] |= FRAMES_LAST;
}

int frames_mark(const struct rings *r, enum frames_round round, unsigned char *seen)
{
	__u32 nfill = shunt_fill_rings(&r->geo), cons[SHUNT_CORES];
	int err = 0;

	for (__u32 i = 0; !err && i < nfill; i++) {
		cons[i] = ring_cons(&r->fill[i]);
		err = mark_fill(r, &r->fill[i], round, cons[i], seen);
	}
	for (__u32 k = 0; !err && k < sockets_of(&r->geo); k++)
		err = mark_rx(r, &r->rx[slot_of(&r->geo, k)], round, seen);
	for (__u32 i = 0; !err && i < nfill; i++)
		mark_last(r, &r->fill[i], cons[i], seen);
	return err;
}

void frames_list(const struct rings *r, const unsigned char *seen, struct harvest *h)
{
	__u32 kept = 0;

	h->n = 0;
	memset(h->kept, 0, sizeof(h->kept));
	for (__u32 i = 0; i < r->geo.nframes; i++) {
		if (!seen[i])
			h->frame[h->n++] = i;
		else if (seen[i] == FRAMES_LAST && kept < FRAMES_KEPT)
			h->kept[kept++] = i + 1;
	}
}

void frames_producers(const struct rings *r, __u32 *prod)
{
	for (__u32 k = 0; k < shunt_fill_rings(&r->geo); k++)
		prod[k] = peek(*r->fill[k].prod);
}

static bool has_room(const struct shunt_ring *fill, __u32 prod, __u32 n)
{
	return fill->mask + 1 - (prod - ring_cons(fill)) >= n;
}

int frames_give_once(struct rings *r, const __u32 *frame, __u32 n, const __u32 *was)
{
	__u32 nfill = shunt_fill_rings(&r->geo), more[SHUNT_CORES] = { 0 }, prod[SHUNT_CORES];
	bool had[SHUNT_CORES];

	for (__u32 i = 0; i < n; i++)
		more[shunt_home(&r->geo, frame[i])]++;
	for (__u32 k = 0; k < nfill; k++) {
		prod[k] = was[k];
		had[k] = peek(*r->fill[k].prod) != was[k];
		if (!had[k] && !has_room(&r->fill[k], was[k], more[k]))
			return -ENOSPC;
	}
	for (__u32 i = 0; i < n; i++) {
		__u32 k = shunt_home(&r->geo, frame[i]);

		if (!had[k])
			r->fill[k].addr[prod[k]++ & r->fill[k].mask] =
				(__u64)frame[i] * r->geo.chunk;
	}
	for (__u32 k = 0; k < nfill; k++) {
		if (!had[k])
			ring_set_prod(&r->fill[k], prod[k]);
	}
	return 0;
}

int frames_give(struct rings *r, const __u32 *frame, __u32 n)
{
	__u32 was[SHUNT_CORES];

	frames_producers(r, was);
	return frames_give_once(r, frame, n, was);
}
