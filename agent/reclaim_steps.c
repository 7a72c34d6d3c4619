// SPDX-License-Identifier: BSD-2-Clause
/*
 * reclaim_steps.c - the steps that follow a worker's end where memory is shared with it: decide,
 * count, drain, frames
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "domain.h"
#include "frames.h"
#include "holes.h"
#include "ledger_frames.h"
#include "log.h"
#include "reclaim.h"
#include "reclaim_frames.h"
#include "xsk.h"

#define DRAIN_NS 3000000000ULL /* a frame that was sent comes back in this time, or never */
#define KICKS 64               /* in one turn, of all cores; a kick sends at most 32 */
#define TAKEN 64               /* completions that are taken after a kick */

/* Rings that make no sense are not mended: the domain starts anew, what was in them is lost. */
static enum reclaim_outcome start_anew(struct domain *d, const char *why,
				       enum reclaim_outcome outcome)
{
	log_say(LOG_ERR,
		"the rings of domain %u are %s: making new ones, what waited in them is lost",
		d->id, why);
	return outcome;
}

/* Rings do not tell whose each frame is while a driver holds
 * frames that no ring shows, or another process lives. */
static bool by_ledger(const struct domain *d, const struct ledger_dead *dead)
{
	return pool_zero_copy(d) || dead->slots != LEDGER_ALL_DEAD.slots;
}

static enum reclaim_outcome decide(struct domain *d)
{
	struct domain_state *s = d->pool.state;
	const struct shunt_agent *n = agent_of(d);
	struct ledger_dead dead = domain_dead(d);
	struct verdict v;

	if (ledger_settle(&d->pool.r, &dead))
		return RECLAIM_LATER;
	actors_show(d);
	ledger_read(&d->pool.r, &dead, &v);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		s->lost[c] = n->cls[c].lost + v.lost[c];
		s->replied[c] = n->cls[c].replied + v.replied[c];
	}
	actors_decide(d, &v);
	s->deaths = n->deaths + s->died;
	return RECLAIM_DONE;
}

static enum reclaim_outcome count(struct domain *d)
{
	const struct domain_state *s = d->pool.state;
	struct ledger_dead dead = domain_dead(d);
	struct shunt_agent *n = agent_of(d);
	int err = reclaim_by_ledger(d, &dead);

	if (err == -ENOMEM)
		return RECLAIM_LATER;
	if (err && by_ledger(d, &dead))
		return start_anew(d, "beyond repair", RECLAIM_DAMAGED);
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		poke(n->cls[c].lost, s->lost[c]);
		poke(n->cls[c].replied, s->replied[c]);
	}
	actors_count(d);
	poke(n->deaths, s->deaths);
	ledger_clear(&d->pool.r, &dead);
	return RECLAIM_DONE;
}

/* Descriptors that the kernel took from the send rings and will give back, by completion ring. */
static void count_sent(const struct domain *d, __u32 *sent)
{
	struct xdp_statistics st;

	memset(sent, 0, SHUNT_CORES * sizeof(*sent));
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		__u32 *of = &sent[d->pool.r.geo.nqueues ? i : 0];

		*of += ring_cons(&d->pool.r.tx[i]);
		if (!xsk_stats(d->pool.sock[i], &st))
			*of -= st.tx_invalid_descs;
	}
}

/* Takes frames that came back into the cores' lists, as far as there is room, "most" of them. Only
 * where rings tell whose each frame is. */
static void take_completions(struct domain *d, __u32 ring, __u32 most)
{
	struct shunt_ring *comp = &d->pool.r.comp[ring];
	__u32 cons = ring_cons(comp), prod = ring_prod(comp);

	if (prod - cons > comp->mask + 1)
		cons = prod;
	for (; cons != prod && most; most--, cons++)
		ledger_list(&d->pool.r, &LEDGER_ALL_DEAD, ring,
			    shunt_frame_of(&d->pool.r.geo, peek(comp->addr[cons & comp->mask])));
	ring_set_cons(comp, cons);
}

/* Empties the completion rings. A frame that finds no room in a list is in no ring then, so it is
 * found with the frames that the worker had. */
static void take_all(struct domain *d)
{
	for (__u32 i = 0; i < shunt_fill_rings(&d->pool.r.geo); i++) {
		struct shunt_ring *comp = &d->pool.r.comp[i];

		take_completions(d, i, d->pool.r.geo.ncores * SHUNT_FREE_ROOM);
		ring_set_cons(comp, ring_prod(comp));
	}
}

/* Has the kernel send what a dead core left; the frames come back to the domain's next worker. A
 * driver without copying needs one kick, and sends later. */
static void kick_dead(struct domain *d, const struct ledger_dead *dead)
{
	int kicks = KICKS;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		while (ledger_is_dead(dead, i) && ring_count(&d->pool.r.tx[i]) && kicks-- > 0 &&
		       xsk_kick(d->pool.sock[i]))
			;
	}
}

/* A process that has the ring can fill it again for ever: so the kicks that are left of a turn are
 * all that it gets. False: the ring makes no sense. */
static bool kick_core(struct domain *d, __u32 core, int *kicks)
{
	const struct shunt_ring *tx = &d->pool.r.tx[core];

	if (ring_count(tx) > tx->mask + 1)
		return false;
	for (; *kicks && ring_count(tx); --*kicks) {
		int err = xsk_kick(d->pool.sock[core]);

		/* a full completion ring would stop it */
		take_completions(d, d->pool.r.geo.nqueues ? core : 0, TAKEN);
		if (err && err != -EAGAIN)
			break;
	}
	return true;
}

static enum reclaim_outcome drain(struct domain *d, __u64 now_ns)
{
	struct ledger_dead dead = domain_dead(d);
	__u32 sent[SHUNT_CORES];
	int kicks = KICKS;

	if (by_ledger(d, &dead)) {
		kick_dead(d, &dead);
		return RECLAIM_DONE;
	}
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		if (!kick_core(d, i, &kicks))
			return start_anew(d, "beyond repair", RECLAIM_DAMAGED);
	}
	count_sent(d, sent);
	if (frames_are_back(&d->pool.r, sent))
		return RECLAIM_DONE;
	return now_ns - d->step_ns > DRAIN_NS ?
		start_anew(d, "not drained by the kernel", RECLAIM_ANEW) : RECLAIM_LATER;
}

/* The next worker's own frames first, as many from each home, all others to the kernel. */
static int share_out(struct domain *d, const struct harvest *h)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	__u32 each = g->ncores * SHUNT_SPARE / shunt_fill_rings(g), had[SHUNT_CORES] = { 0 },
	      rest = 0;

	for (__u32 i = 0; i < g->ncores; i++)
		poke(d->pool.r.ctl->free[i].n, 0);
	for (__u32 i = 0; i < h->n; i++) {
		__u32 home = shunt_home(g, h->frame[i]);

		if (had[home]++ < each)
			ledger_list(&d->pool.r, &LEDGER_ALL_DEAD,
				    g->nqueues ? home : had[home] % g->ncores, h->frame[i]);
		else
			h->frame[rest++] = h->frame[i];
	}
	return frames_give(&d->pool.r, h->frame, rest);
}

/* The frames of the dead process are in the lists of its cores already: only counts them. */
static enum reclaim_outcome count_by_ledger(struct domain *d, const struct ledger_dead *dead)
{
	__u32 n = 0;

	if (holes_found(d))
		return start_anew(d, "full of holes that were punched into the frames",
				  RECLAIM_DAMAGED);
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++)
		n += ledger_is_dead(dead, i) ? ledger_listed(&d->pool.r, i) : 0;
	if (d->pool.state->died)
		agent_of(d)->recovered += n;
	domain_set_right(d, dead);
	return RECLAIM_DONE;
}

static enum reclaim_outcome take_frames(struct domain *d)
{
	struct ledger_dead dead = domain_dead(d);
	struct harvest h = { .frame = malloc(d->pool.r.geo.nframes * sizeof(*h.frame)) };
	int err = h.frame ? 0 : -ENOMEM;

	if (by_ledger(d, &dead)) {
		free(h.frame);
		return count_by_ledger(d, &dead);
	}
	take_all(d);
	if (!err)
		err = reclaim_find_frames(d, &h);
	if (!err) {
		reclaim_keep(d, &h);
		reclaim_compare(d, &h);
		err = share_out(d, &h);
	}
	free(h.frame);
	if (err == -ENOMEM)
		return RECLAIM_LATER;
	if (err)
		return start_anew(d, "beyond repair", RECLAIM_DAMAGED);
	if (holes_found(d))
		return start_anew(d, "full of holes that were punched into the frames",
				  RECLAIM_DAMAGED);
	if (d->pool.state->died)
		agent_of(d)->recovered += h.n;
	domain_set_right(d, &dead);
	return RECLAIM_DONE;
}

enum reclaim_outcome reclaim_shared(struct domain *d, enum reclaim_step step, __u64 now_ns)
{
	switch (step) {
	case RECLAIM_DECIDE:
		return decide(d);
	case RECLAIM_COUNT:
		return count(d);
	case RECLAIM_DRAIN:
		return drain(d, now_ns);
	case RECLAIM_FRAMES:
		return take_frames(d);
	case RECLAIM_NONE:
		break;
	}
	return RECLAIM_DONE;
}
