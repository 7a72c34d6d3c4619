// SPDX-License-Identifier: BSD-2-Clause
/*
 * far.c - domains that help each other: a core with nothing
 * to do takes what waits in another domain (far_ns)
 *
 * A policy has 64 cores at most; with this it serves more. A request in a core's ring is taken only
 * if the policy steals.
 */
#include "engine.h"

/* From domain o for core i of d: 0 if nothing is to be had. */
static uint32_t take_from(struct engine *e, struct domain *o, int i, tick *more)
{
	uint32_t r = 0;
	int cls, from;

	if (o->waiting) {
		cls = ask_select(e, o, i, 0);
		if (cls >= 0)
			r = take_held(e, o, cls);
		*more = e->pop;
	}
	if (!r && o->steals && o->ringful) {
		r = steal(e, o, i);
		from = e->pool[r].core;
		if (e->pool[r].steered)
			view_done(o->v, from);
		e->pool[r].steered = 0;
		*more = e->steal;
		return r;
	}
	e->r->stolen += !!r;
	return r;
}

bool far_next(struct engine *e, struct domain *d, int i, tick extra)
{
	for (int k = 1; k < e->ndomains; k++) {
		struct domain *o = &e->dom[(d->index + k) % e->ndomains];
		tick more = 0;
		uint32_t r = o->waiting || o->ringful ? take_from(e, o, i, &more) : 0;

		if (r) {
			view_idle(d->v, i, false);
			begin(e, d, i, r, extra + more + e->far);
			return true;
		}
	}
	return false;
}

/* Something waits in d, and no core of d is free. */
void far_wake(struct engine *e, struct domain *d)
{
	for (int k = 1; k < e->ndomains && (d->waiting || d->ringful); k++) {
		struct domain *o = &e->dom[(d->index + k) % e->ndomains];

		if (o->free && !far_next(e, o, __builtin_ctzll(o->free), 0))
			return;
	}
}
