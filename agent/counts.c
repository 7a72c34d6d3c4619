// SPDX-License-Identifier: BSD-2-Clause
/*
 * counts.c - a domain's counts: requests that were refused, lost, and that are under way
 */
#include "domain.h"
#include "maps.h"
#include "steered.h"
#include "xsk.h"

void domain_count_refused(struct domain *d)
{
	struct shunt_agent *n = agent_of(d);
	__u64 no_frame = d->pool.state->no_frame;

	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		__u32 slot = slot_of(&d->pool.r.geo, k), cls = slot - SHUNT_HOLD_SLOT;
		struct xdp_statistics st;
		__u64 refused;

		if (xsk_stats(d->pool.sock[k], &st))
			continue;
		refused = st.rx_ring_full + st.rx_dropped;
		if (slot < SHUNT_HOLD_SLOT)
			poke(n->core[slot].refused, d->pool.state->refused_core[slot] + refused);
		else
			poke(n->cls[cls].refused, d->pool.state->refused_cls[cls] + refused);
		/* Counted by fill ring, which may be one for all sockets. */
		if (k < shunt_fill_rings(&d->pool.r.geo))
			no_frame += st.rx_fill_ring_empty_descs;
	}
	poke(n->no_frame, no_frame);
}

/* Requests of class c that workers ended, and those that died with workers. */
static __u64 ended(const struct domain *d, int c)
{
	__u64 n = agent_of(d)->cls[c].lost + agent_of(d)->cls[c].replied +
		  agent_of(d)->cls[c].refused + agent_of(d)->cls[c].expired;

	for (int i = 0; i < SHUNT_CORES; i++) {
		const struct shunt_core_class *k = &d->pool.r.view->core[i].cls[c];

		n += peek(k->replied) + peek(k->noreply) +
		     peek(d->pool.r.view->core[i].expired.n[c]);
	}
	return n;
}

/* Requests of class c that XDP put into rings, of whichever queue. */
static __u64 handed_over(const struct domain *d, int c)
{
	__u32 nqueues = d->pool.r.geo.nqueues ? d->pool.r.geo.nqueues : 1;
	__u64 n = 0;

	for (__u32 i = 0; i < nqueues; i++) {
		const struct shunt_ingress *in = &d->maps->ingress[queue_of(d->maps, d->id, i)];

		n += in->cls[c].steered + in->cls[c].held;
	}
	return n;
}

/*
 * Without rings no request is in flight, so a request that was handed over and did not end is lost.
 * The refusals of a core's ring are known per core only: they are subtracted from the classes that
 * miss requests.
 */
void domain_count_lost(struct domain *d)
{
	struct shunt_agent *n = agent_of(d);
	__u64 refused = 0;

	for (int i = 0; i < SHUNT_CORES; i++)
		refused += n->core[i].refused;
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		__u64 gone = handed_over(d, c), known = ended(d, c), take;

		if ((__s64)(gone - known) <= 0) /* a worker counted more than there was */
			continue;
		take = refused < gone - known ? refused : gone - known;
		refused -= take;
		poke(n->cls[c].lost, n->cls[c].lost + (gone - known - take));
	}
}

/* Waits of a ring as its consumer left it, never more than fit. */
static __u32 waiting(const struct rings *r, __u32 slot)
{
	__u32 n = ring_count(&r->rx[slot]), size = rx_size(&r->geo, slot);

	return n <= size ? n : size;
}

/* The hold number of the class's first waiting request, from its metadata; it has one, or the
 * frame was written by a worker that is gone: then the count is the best there is. */
static __u32 first_held(const struct domain *d, __u32 slot, __u32 enq)
{
	const struct shunt_ring *rx = &d->pool.r.rx[slot];
	const struct shunt_meta *m =
		rings_meta(&d->pool.r, peek(rx->desc[ring_cons(rx) & rx->mask].addr));
	__u32 seq = m ? peek(m->hold_seq) : 0;

	if (m && enq - seq <= d->pool.r.geo.hold_ring)
		return seq;
	return enq - waiting(&d->pool.r, slot);
}

/* XDP's count into the view, where a worker may have written over it. XDP does the same with each
 * packet: what it wrote in between must not be undone. */
static __u32 republish(__u32 *shown, const __u32 *truth)
{
	__u32 n;

	do {
		n = peek(*truth);
		__atomic_store_n(shown, n, __ATOMIC_SEQ_CST);
	} while (peek(*truth) != n);
	return n;
}

/* Also of cores and classes that there are not: all of them add to what is shown. */
void domain_settle_counts(struct domain *d)
{
	const struct shunt_ingress *in = &d->maps->ingress[queue_of(d->maps, d->id, 0)];
	struct shunt_view *v = d->pool.r.view;

	for (__u32 i = 0; i < SHUNT_CORES; i++) {
		const __u32 *truth = &d->maps->ingress[queue_of(d->maps, d->id, i)].sent[i];
		__u32 sent = republish(&v->sent[i], truth);

		if (i < d->pool.r.geo.ncores)
			steered_settle(d, i, sent);
		else
			poke(v->done[i], sent);
	}
	for (__u32 c = 0; c < SHUNT_CLASSES; c++) {
		__u32 slot = SHUNT_HOLD_SLOT + c, enq = republish(&v->enq[c], &in->enq[c]);

		/* XDP goes on: what it counted after this read is in no ring that we see empty. */
		if (c < d->pool.r.geo.nclasses && d->pool.r.geo.hold_ring &&
		    ring_count(&d->pool.r.rx[slot]))
			poke(v->deq[c], first_held(d, slot, peek(in->enq[c])));
		else
			poke(v->deq[c], enq);
	}
}
