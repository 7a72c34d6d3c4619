// SPDX-License-Identifier: BSD-2-Clause
/*
 * expire.c - what has waited longer than so many objectives ("/expire=") ends when a core looks for
 * its next request, as in the worker's library: a request that was preempted, too
 */
#include "engine.h"

bool expires(const struct run_config *c)
{
	const struct costs *k = &c->costs;

	return k->transport == TRANSPORT_SHARED && k->services != SERVICES_SEATS &&
	       k->services != SERVICES_SPIN;
}

static bool is_too_old(const struct engine *e, uint32_t r)
{
	const struct req *q = &e->pool[r];

	return e->now > q->arrival + e->wait_most[q->cls];
}

/* The policy hears of it as of a request that ended late. */
static void expire(struct engine *e, struct domain *d, int i, uint32_t r)
{
	const struct req *q = &e->pool[r];
	struct shunt_event ev = end_of(e, q, i, q->service - q->left);

	if (d->p->done)
		d->p->done(d->v, &ev);
	if (q->steered)
		view_done(d->v, q->core);
	if (measured(e, q))
		e->r->cls[q->cls].in_vain_ns += in_ns(q->service - q->left);
	req_refuse(e, r, REFUSED_EXPIRED);
}

void expire_waiting(struct engine *e, struct domain *d, int i)
{
	struct fifo *ring = &d->core[i].ring;

	while (ring->n && is_too_old(e, ring->head))
		expire(e, d, i, take_ring(e, d, i));
	for (uint32_t bits = d->waiting & e->expires; bits; bits &= bits - 1) {
		int cls = __builtin_ctz(bits);

		while (d->waiting >> cls & 1 && is_too_old(e, first_of(e, d, cls)))
			expire(e, d, i, take_held(e, d, cls));
	}
}
