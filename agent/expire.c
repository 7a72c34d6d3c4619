// SPDX-License-Identifier: BSD-2-Clause
/*
 * expire.c - ends requests that waited too long while no core was up
 *
 * The clients of such requests have given up, or asked again.
 *
 * Rings of a free domain are the agent's alone, so taking from them needs no more than their
 * consumer index. Held requests carry the time of their arrival. A request that was steered to a
 * core may not; it came before the last core went off, as XDP stamps all later ones. So that moment
 * stands for its arrival, and is written into it before a worker may come.
 *
 * A step writes what it is about to take: the counts as they will be, the frames, and where the
 * fill rings stand. Then it moves the consumer index, and then it counts, gives the frames to the
 * kernel and tells XDP. If the agent dies before the index, nothing was taken; if after it, the
 * next agent does the rest again: a fill ring that stands elsewhere by then has got its frames.
 */

#include "actors.h"
#include "clock.h"
#include "domain.h"
#include "expire.h"
#include "frames.h"

#define STEPS 64    /* in one go: a process that writes the rings could fill them again for ever */
#define STAMP_NS 200000000ULL /* after the last core went off, XDP stamps
			       * what it steers: well before this */

void expire_note(struct domain *d)
{
	d->pool.state->unserved_ns = clock_ns();
}

void expire_serve(struct domain *d)
{
	__u64 age = d->maps->cfg.hold_age_ms * 1000000ULL;

	poke(d->pool.r.view->serve_from_ns, age ? clock_ago(age) : 0);
}

/* The metadata of a ring's entry; NULL: there is none. */
static struct shunt_meta *meta_at(const struct domain *d, const struct shunt_ring *rx, __u32 index)
{
	return rings_meta(&d->pool.r, peek(rx->desc[index & rx->mask].addr));
}

static __u32 class_of(const struct domain *d, __u32 slot, const struct shunt_meta *m)
{
	__u32 cls = slot >= SHUNT_HOLD_SLOT ? slot - SHUNT_HOLD_SLOT : m ? peek(m->cls) : 0;

	return cls < d->pool.r.geo.nclasses ? cls : 0;
}

static bool is_old(const struct domain *d, const struct shunt_meta *m, __u64 now_ns)
{
	__u64 arrival_ns = m ? peek(m->arrival_ns) : 0, age = d->maps->cfg.hold_age_ms * 1000000ULL;

	if (!arrival_ns)
		arrival_ns = d->pool.state->unserved_ns;
	return now_ns > arrival_ns && now_ns - arrival_ns > age;
}

static __u32 entries(const struct domain *d, __u32 slot)
{
	const struct shunt_ring *rx = &d->pool.r.rx[slot];
	__u32 n = ring_count(rx);

	return n <= rx->mask + 1 ? n : 0;
}

void expire_finish(struct domain *d)
{
	struct expiring *e = &d->pool.state->expiring;
	__u32 slot = __atomic_load_n(&e->ring, __ATOMIC_ACQUIRE) - 1;

	if (slot < SHUNT_SLOTS && d->pool.r.rx[slot].cons &&
	    ring_cons(&d->pool.r.rx[slot]) != e->cons && e->nframes <= EXPIRE_AT_ONCE) {
		for (int c = 0; c < SHUNT_CLASSES; c++)
			poke(agent_of(d)->cls[c].expired, e->sum[c]);
		actors_expired(d, e);
		/* there is room for all frames, unless a worker wrote into the rings */
		frames_give_once(&d->pool.r, e->frame, e->nframes, e->fill);
		domain_settle_counts(d);
	}
	__atomic_store_n(&e->ring, 0, __ATOMIC_RELEASE);
}

/* Returns how many of the ring's oldest entries are too
 * old; notes their frames, and the counts without them. */
static __u32 find_old(const struct domain *d, __u32 slot, __u64 now_ns, struct expiring *e)
{
	const struct shunt_ring *rx = &d->pool.r.rx[slot];
	__u32 cons = ring_cons(rx), n = entries(d, slot), k;

	e->nframes = e->nactors = 0;
	for (int c = 0; c < SHUNT_CLASSES; c++)
		e->sum[c] = peek(agent_of(d)->cls[c].expired);
	for (k = 0; k < n && k < EXPIRE_AT_ONCE; k++) {
		const struct shunt_meta *m = meta_at(d, rx, cons + k);
		__u64 of = peek(rx->desc[(cons + k) & rx->mask].addr) / d->pool.r.geo.chunk;

		if (!is_old(d, m, now_ns))
			break;
		e->sum[class_of(d, slot, m)]++;
		actors_expire(d, m, e);
		if (of < d->pool.r.geo.nframes)
			e->frame[e->nframes++] = of;
	}
	return k;
}

/* How many it took. */
static __u32 step(struct domain *d, __u32 slot, __u64 now_ns)
{
	struct expiring *e = &d->pool.state->expiring;
	struct shunt_ring *rx = &d->pool.r.rx[slot];
	__u32 n = find_old(d, slot, now_ns, e);

	if (!n)
		return 0;
	frames_producers(&d->pool.r, e->fill);
	e->cons = ring_cons(rx);
	__atomic_store_n(&e->ring, slot + 1, __ATOMIC_RELEASE);
	ring_set_cons(rx, e->cons + n);
	expire_finish(d);
	return n;
}

/* Requests without a time of arrival get the time that stands for it. */
static void stamp(struct domain *d, __u32 slot)
{
	const struct shunt_ring *rx = &d->pool.r.rx[slot];
	__u32 cons = ring_cons(rx);

	for (__u32 n = entries(d, slot); n; n--) {
		struct shunt_meta *m = meta_at(d, rx, cons++);

		if (m && !peek(m->arrival_ns))
			poke(m->arrival_ns, d->pool.state->unserved_ns);
	}
}

/* As stamp(), for a ring whose core seems to stand still. If the core
 * has taken the entry meanwhile, the frame may be another request's. */
static void stamp_live(struct domain *d, __u32 slot)
{
	const struct shunt_ring *rx = &d->pool.r.rx[slot];
	__u64 mine = d->pool.state->unserved_ns;
	__u32 cons = ring_cons(rx);

	for (__u32 n = entries(d, slot); n; n--, cons++) {
		struct shunt_meta *m = meta_at(d, rx, cons);
		__u64 none = 0, seen = mine;

		if (!m || !__atomic_compare_exchange_n(&m->arrival_ns, &none, mine, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			continue;
		if (ring_cons(rx) - cons - 1 < rx->mask + 1)
			__atomic_compare_exchange_n(&m->arrival_ns, &seen, 0, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
}

void expire_while_none_serves(struct domain *d, __u64 now_ns)
{
	if (!d->maps->cfg.hold_age_ms)
		return;
	for (__u32 i = 0;
	     now_ns - d->pool.state->unserved_ns < STAMP_NS && i < d->pool.r.geo.ncores; i++)
		stamp_live(d, i);
	expire_serve(d);
}

bool expire_goes_on(const struct domain *d)
{
	bool waits = false;

	if (!d->maps->cfg.hold_age_ms)
		return false;
	if (d->phase == DOMAIN_TAKEN)
		return !(d->worker.up & ~d->worker.hung);
	for (__u32 k = 0; d->phase == DOMAIN_FREE && k < sockets_of(&d->pool.r.geo); k++)
		waits |= entries(d, slot_of(&d->pool.r.geo, k));
	return waits;
}

void expire_old(struct domain *d, __u64 now_ns)
{
	__u32 n, steps = 0;

	if (!d->maps->cfg.hold_age_ms)
		return;
	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		do {
			n = step(d, slot_of(&d->pool.r.geo, k), now_ns);
		} while (n == EXPIRE_AT_ONCE && ++steps < STEPS);
	}
}

void expire_before_worker(struct domain *d, __u64 now_ns)
{
	expire_old(d, now_ns);
	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++)
		stamp(d, i);
}
