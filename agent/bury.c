// SPDX-License-Identifier: BSD-2-Clause
/*
 * bury.c - the steps that follow a worker's end: count, drain, collect
 *
 * The step that is next is in the domain's state, and each may be done twice, so an agent that dies
 * in between is continued by the next one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "holes.h"
#include "ledger_read.h"
#include "log.h"
#include "worker.h"
#include "xsk.h"

#define DRAIN_NS 3000000000ULL /* what was sent comes back in this time, or never */
#define KICKS 64               /* in one go; a kick sends at most 32 */

static void next(struct domain *d, enum burial_step step, __u64 now_ns)
{
	__atomic_store_n(&d->state->burial, step, __ATOMIC_RELEASE);
	d->step_ns = now_ns;
}

/* Rings that make no sense are not mended: the domain starts anew, what was in them is lost. */
static void start_anew(struct domain *d, const char *why)
{
	say(LOG_ERR, "the rings of domain %u are %s: making new ones, what waited in them is lost",
	    d->id, why);
	domain_give_up(d);
}

static void decide(struct domain *d, __u64 now_ns)
{
	struct domain_state *s = d->state;
	const struct shunt_agent *n = agent_of(d);
	struct verdict v;

	ledger_read(&d->r, &v);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		s->lost[c] = n->cls[c].lost + v.lost[c];
		s->replied[c] = n->cls[c].replied + v.replied[c];
	}
	s->deaths = n->deaths + s->died;
	next(d, BURIAL_COUNT, now_ns);
}

static void count(struct domain *d, __u64 now_ns)
{
	const struct domain_state *s = d->state;
	struct shunt_agent *n = agent_of(d);

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		poke(n->cls[c].lost, s->lost[c]);
		poke(n->cls[c].replied, s->replied[c]);
	}
	poke(n->deaths, s->deaths);
	ledger_clear(&d->r);
	next(d, BURIAL_DRAIN, now_ns);
}

/* Descriptors that the kernel took from the send rings and will give back, by completion ring. */
static void count_sent(const struct domain *d, __u32 *sent)
{
	struct xdp_statistics st;

	memset(sent, 0, SHUNT_CORES * sizeof(*sent));
	for (__u32 i = 0; i < d->r.geo.ncores; i++) {
		__u32 *of = &sent[d->r.geo.nqueues ? i : 0];

		*of += ring_cons(&d->r.tx[i]);
		if (!xsk_stats(d->sock[i], &st))
			*of -= st.tx_invalid_descs;
	}
}

static void take_completions(struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->r.geo); i++)
		ring_set_cons(&d->r.comp[i], ring_prod(&d->r.comp[i]));
}

static bool kick_core(struct domain *d, __u32 core)
{
	const struct shunt_ring *tx = &d->r.tx[core];

	if (ring_count(tx) > tx->mask + 1)
		return false;
	for (int i = 0; i < KICKS && ring_count(tx); i++) {
		int err = xsk_kick(d->sock[core]);

		take_completions(d); /* a full completion ring would stop it */
		if (err && err != -EAGAIN)
			break;
	}
	return true;
}

/* True: all is sent and has come back. */
static bool drain(struct domain *d, __u64 now_ns)
{
	__u32 sent[SHUNT_CORES];

	/* The driver has frames that no ring shows, and nobody can tell which. */
	if (d->maps->cfg.flags & SHUNT_CFG_CARD) {
		start_anew(d, "a zero-copy driver's");
		return false;
	}
	take_completions(d);
	for (__u32 i = 0; i < d->r.geo.ncores; i++) {
		if (!kick_core(d, i)) {
			start_anew(d, "beyond repair");
			return false;
		}
	}
	count_sent(d, sent);
	if (frames_are_back(&d->r, sent)) {
		next(d, BURIAL_FRAMES, now_ns);
		return true;
	}
	if (now_ns - d->step_ns > DRAIN_NS)
		start_anew(d, "not drained by the kernel");
	return false;
}

static bool ever_refused(const struct domain *d)
{
	struct xdp_statistics st;

	for (__u32 k = 0; k < sockets_of(&d->r.geo); k++) {
		if (xsk_stats(d->sock[k], &st) || st.rx_ring_full)
			return true;
	}
	return false;
}

/* Where the kernel has come to in the fill rings. */
static void note_fill(struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->r.geo); i++)
		d->state->aside_cons[i] = ring_cons(&d->r.fill[i]);
}

static bool fill_moved(const struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->r.geo); i++) {
		if (ring_cons(&d->r.fill[i]) != d->state->aside_cons[i])
			return true;
	}
	return false;
}

static bool any_aside(const struct domain_state *s)
{
	for (int i = 0; i < FRAMES_ASIDE; i++) {
		if (s->aside[i])
			return true;
	}
	return false;
}

/* Takes what cannot be the kernel's into the list, and notes the rest for later. */
static void set_aside(struct domain *d, struct harvest *h)
{
	bool refused = ever_refused(d);

	for (int i = 0; i < FRAMES_ASIDE; i++) {
		d->state->aside[i] = refused ? h->aside[i] : 0;
		if (h->aside[i] && !refused)
			h->frame[h->n++] = h->aside[i] - 1;
	}
	note_fill(d);
}

/* The next worker's own frames first, as many from each home, all others to the kernel. */
static int share_out(struct domain *d, const struct harvest *h)
{
	const struct shunt_geometry *g = &d->r.geo;
	struct domain_state *s = d->state;
	__u32 each = g->ncores * SHUNT_SPARE / shunt_fill_rings(g), had[SHUNT_CORES] = { 0 }, rest = 0;

	s->nspare = 0;
	for (__u32 i = 0; i < h->n; i++) {
		if (had[shunt_home(g, h->frame[i])]++ < each)
			s->spare[s->nspare++] = h->frame[i];
		else
			h->frame[rest++] = h->frame[i];
	}
	return frames_give(&d->r, h->frame, rest);
}

/* Two looks at the rings, each after all XDP programs have ended that were under way before. */
static int find_frames(struct domain *d, struct harvest *h)
{
	unsigned char *seen = calloc(d->r.geo.nframes, 1);
	int err = seen ? 0 : -ENOMEM;

	for (int round = FRAMES_FIRST; !err && round <= FRAMES_SECOND; round++) {
		err = maps_wait_for_xdp(d->maps, d->id, d->view_fd);
		if (!err)
			err = frames_mark(&d->r, round, seen);
	}
	if (!err)
		frames_list(&d->r, seen, h);
	free(seen);
	return err;
}

static void collect(struct domain *d, __u64 now_ns)
{
	struct harvest h = { .frame = malloc(d->r.geo.nframes * sizeof(*h.frame)) };
	int err = h.frame ? 0 : -ENOMEM;

	take_completions(d);
	if (!err)
		err = find_frames(d, &h);
	if (!err) {
		set_aside(d, &h);
		err = share_out(d, &h);
	}
	free(h.frame);
	if (err == -ENOMEM)
		return; /* again later */
	if (err) {
		start_anew(d, "beyond repair");
		return;
	}
	if (holes_found(d)) {
		start_anew(d, "full of holes that were punched into the frames");
		return;
	}
	if (d->state->died)
		agent_of(d)->recovered += h.n;
	domain_set_right(d);
	d->buried = d->state->left; /* its process lives, and only it may come */
	if (!d->buried)
		d->state->worker_pid = 0;
	next(d, BURIAL_NONE, now_ns);
	d->life = d->buried ? DOMAIN_LEFT : DOMAIN_FREE;
	say(LOG_DEBUG, "domain %u is %s: %u frames recovered", d->id, d->buried ? "its former worker's" : "free",
	    h.n);
}

bool bury_step(struct domain *d, __u64 now_ns)
{
	switch ((enum burial_step)d->state->burial) {
	case BURIAL_DECIDE:
		decide(d, now_ns);
		return true;
	case BURIAL_COUNT:
		count(d, now_ns);
		return true;
	case BURIAL_DRAIN:
		return drain(d, now_ns);
	case BURIAL_FRAMES:
		collect(d, now_ns);
		return false;
	case BURIAL_NONE:
		d->life = d->state->left ? DOMAIN_LEFT : DOMAIN_FREE;
		break;
	}
	return false;
}

static bool is_one_of(__u32 frame, const __u32 *list, __u32 n)
{
	while (n--) {
		if (list[n] == frame)
			return true;
	}
	return false;
}

void bury_aside(struct domain *d)
{
	struct domain_state *s = d->state;
	struct harvest h;

	/* Until the kernel takes another one from a fill ring, no more can be known. */
	if (!any_aside(s) || !fill_moved(d))
		return;
	h.frame = malloc(d->r.geo.nframes * sizeof(*h.frame));
	if (!h.frame || find_frames(d, &h)) {
		free(h.frame);
		return;
	}
	note_fill(d);
	for (int i = 0; i < FRAMES_ASIDE; i++) {
		__u32 frame = s->aside[i] - 1;

		if (!s->aside[i] || is_one_of(frame + 1, h.aside, FRAMES_ASIDE))
			continue;
		s->aside[i] = 0;
		if (is_one_of(frame, h.frame, h.n))
			frames_give(&d->r, &frame, 1);
	}
	free(h.frame);
}
