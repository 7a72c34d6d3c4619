// SPDX-License-Identifier: BSD-2-Clause
/*
 * reclaim_frames.c - which frames a worker had, and those
 * that the kernel may have kept aside (frames.c says why)
 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "domain.h"
#include "frames.h"
#include "ledger_frames.h"
#include "log.h"
#include "maps.h"
#include "plural.h"
#include "reclaim_frames.h"
#include "xsk.h"

/* Between two looks at frames that were kept aside: each waits for XDP twice, and a process
 * that has the fill ring can say that the kernel took another frame whenever it likes. */
#define KEPT_NS 500000000ULL

int reclaim_by_ledger(struct domain *d, const struct ledger_dead *dead)
{
	unsigned char *seen = malloc(d->pool.r.geo.nframes);
	__u32 no_room;

	if (!seen)
		return -ENOMEM;
	no_room = ledger_take_back(&d->pool.r, dead, seen);
	free(seen);
	return no_room ? -EBADMSG : 0;
}

void reclaim_compare(const struct domain *d, const struct harvest *h)
{
	const struct rings *r = &d->pool.r;
	unsigned char *listed = calloc(r->geo.nframes, 1);
	__u32 missed = 0, wrong = 0;

	if (!listed)
		return;
	for (__u32 i = 0; i < r->geo.ncores; i++) {
		for (__u32 k = ledger_listed(r, i); k; k--) {
			__u32 frame = peek(r->ctl->free[i].frame[k - 1]);

			if (frame < r->geo.nframes)
				listed[frame] = 1;
		}
	}
	for (__u32 i = 0; i < h->n; i++) {
		missed += !listed[h->frame[i]];
		listed[h->frame[i]] = 0;
	}
	for (int i = 0; i < FRAMES_KEPT; i++) {
		if (h->kept[i])
			listed[h->kept[i] - 1] = 0;
	}
	for (__u32 i = 0; i < r->geo.nframes; i++)
		wrong += listed[i];
	free(listed);
	if (missed || wrong)
		log_say(LOG_WARNING,
			"the ledger of domain %u lacks %u %s that its worker had, and has %u that "
			"%s in rings: the rings count",
			d->id, missed, plural(missed, "frame", "frames"), wrong,
			plural(wrong, "is", "are"));
}

static bool ever_refused(const struct domain *d)
{
	struct xdp_statistics st;

	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		if (xsk_stats(d->pool.sock[k], &st) || st.rx_ring_full)
			return true;
	}
	return false;
}

/* Where the kernel has come to in the fill rings. */
static void note_fill(struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->pool.r.geo); i++)
		d->pool.state->kept_cons[i] = ring_cons(&d->pool.r.fill[i]);
}

static bool fill_moved(const struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->pool.r.geo); i++) {
		if (ring_cons(&d->pool.r.fill[i]) != d->pool.state->kept_cons[i])
			return true;
	}
	return false;
}

static bool any_kept(const struct domain_state *s)
{
	for (int i = 0; i < FRAMES_KEPT; i++) {
		if (s->kept[i])
			return true;
	}
	return false;
}

void reclaim_keep(struct domain *d, struct harvest *h)
{
	bool refused = ever_refused(d);

	for (int i = 0; i < FRAMES_KEPT; i++) {
		d->pool.state->kept[i] = refused ? h->kept[i] : 0;
		if (h->kept[i] && !refused)
			h->frame[h->n++] = h->kept[i] - 1;
	}
	note_fill(d);
}

int reclaim_find_frames(struct domain *d, struct harvest *h)
{
	unsigned char *seen = calloc(d->pool.r.geo.nframes, 1);
	int err = seen ? 0 : -ENOMEM;

	for (int round = FRAMES_FIRST; !err && round <= FRAMES_SECOND; round++) {
		err = maps_wait_for_xdp(d->maps, d->id, d->pool.view_fd);
		if (!err)
			err = frames_mark(&d->pool.r, round, seen);
	}
	if (!err)
		frames_list(&d->pool.r, seen, h);
	free(seen);
	return err;
}

static bool is_one_of(__u32 frame, const __u32 *list, __u32 n)
{
	while (n--) {
		if (list[n] == frame)
			return true;
	}
	return false;
}

void reclaim_kept(struct domain *d)
{
	struct domain_state *s = d->pool.state;
	struct harvest h;

	/* Until the kernel takes another one from a fill ring, no more can be known. */
	if (!any_kept(s) || !fill_moved(d) || clock_ns() < d->pool.kept_ns)
		return;
	d->pool.kept_ns = clock_ns() + KEPT_NS;
	h.frame = malloc(d->pool.r.geo.nframes * sizeof(*h.frame));
	if (!h.frame || reclaim_find_frames(d, &h)) {
		free(h.frame);
		return;
	}
	note_fill(d);
	for (int i = 0; i < FRAMES_KEPT; i++) {
		__u32 frame = s->kept[i] - 1;

		if (!s->kept[i] || is_one_of(frame + 1, h.kept, FRAMES_KEPT))
			continue;
		s->kept[i] = 0;
		if (is_one_of(frame, h.frame, h.n))
			frames_give(&d->pool.r, &frame, 1);
	}
	free(h.frame);
}
