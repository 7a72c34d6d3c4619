// SPDX-License-Identifier: BSD-2-Clause
/*
 * wake.c - the agent sleeps while no request comes, runs or waits; XDP wakes it
 *
 * Asleep, it looks at its domains at leisure alone (due.h). XDP wakes it with the next request, by
 * the word in the map "domains" (bpf/wake.h says why no request is missed). Even a wake-up that got
 * lost would do no harm: the next look at leisure finds that requests have come.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "domain.h"
#include "log.h"
#include "phase.h"
#include "publish.h"
#include "shared.h"
#include "wake.h"

#define CALM_NS 300000000ULL /* without a request, until the agent falls asleep */

void wake_none(struct wake *w)
{
	*w = (struct wake){ .fd = -1 };
}

void wake_close(struct wake *w)
{
	ring_buffer__free(w->ring);
	if (w->fd >= 0)
		close(w->fd);
	wake_none(w);
}

/* A record says nothing but that it came. */
static int take(void *arg, void *record, size_t len)
{
	return 0;
}

/* A store only where something changes: XDP reads this line for each packet. */
static void set_words(struct agent *a, __u32 asleep)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct shunt_domain *d = &a->maps.domains[i];

		if (d->on && peek(d->asleep) != asleep)
			__atomic_store_n(&d->asleep, asleep, __ATOMIC_SEQ_CST);
	}
}

void wake_up(struct agent *a)
{
	struct wake *w = &shared_of(a)->wake;

	set_words(a, 0);
	w->asleep = false;
	w->busy_ns = a->now_ns;
	publish_rest(shared_of(a)->publisher, false);
}

void wake_open(struct agent *a)
{
	struct wake *w = &shared_of(a)->wake;

	wake_close(w);
	w->fd = shunt_pin_open(&a->pins, "wake");
	if (w->fd >= 0)
		w->ring = ring_buffer__new(w->fd, take, NULL, NULL);
	if (!w->ring) {
		log_say(LOG_WARNING, "cannot use the map 'wake': shuntd looks for requests 10 "
			"times a second though none come");
		wake_close(w);
	}
	wake_up(a);
}

/* Changes if cores come or go. */
static __u64 cores_up(const struct agent *a)
{
	__u64 sum = 0;

	for (int i = 0; i < SHUNT_DOMAINS; i++)
		sum = sum * 31 + (a->maps.domains[i].on ? a->maps.domains[i].up : 0);
	return sum;
}

static __u64 arrived(const struct agent *a)
{
	__u64 n = 0;

	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		const struct shunt_domain *d = &a->maps.domains[i];

		for (__u32 k = 0; d->on && k < d->nqueues && k < SHUNT_QUEUES; k++)
			n += peek(a->maps.ingress[d->queue[k] % SHUNT_QUEUES].id);
	}
	return n;
}

/* Has the worker something to do, or parked? What it writes can keep the agent awake, no more. */
static bool works(const struct domain *d)
{
	const struct shunt_view *v = d->pool.r.view;
	bool any = shunt_view_any_parked(v);

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++)
		any |= peek(v->core[i].run.id) || peek(v->core[i].run.intent);
	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++)
		any |= ring_count(&d->pool.r.rx[slot_of(&d->pool.r.geo, k)]);
	return any;
}

/* Has a request, or a core, come since the last look, or is there a request that is not over? */
static bool is_busy(struct agent *a)
{
	struct wake *w = &shared_of(a)->wake;
	__u64 now = arrived(a), up = cores_up(a);
	bool busy = now != w->arrived || up != w->up;

	w->arrived = now;
	w->up = up;
	for (int i = 0; !busy && i < SHUNT_DOMAINS; i++)
		busy = a->domain[i].phase == DOMAIN_TAKEN && works(&a->domain[i]);
	return busy;
}

/* A domain with a view, by which one can wait for XDP. */
static const struct domain *any_made(const struct agent *a)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase >= DOMAIN_FREE && a->domain[i].pool.view_fd >= 0)
			return &a->domain[i];
	}
	return NULL;
}

/* In this order: the words; the wait, after which no program runs that did not see them, and the
 * counts of all others can be read; the look. */
static void fall_asleep(struct agent *a)
{
	const struct domain *d = any_made(a);

	if (!d)
		return;
	set_words(a, 1);
	if (maps_wait_for_xdp(&a->maps, d->id, d->pool.view_fd) || is_busy(a)) {
		wake_up(a);
		return;
	}
	shared_of(a)->wake.asleep = true;
	publish_rest(shared_of(a)->publisher, true);
}

void wake_tick(struct agent *a)
{
	struct wake *w = &shared_of(a)->wake;

	if (is_busy(a))
		wake_up(a);
	else if (w->ring && !w->asleep && a->now_ns - w->busy_ns >= CALM_NS)
		fall_asleep(a);
}

void wake_hear(struct agent *a)
{
	ring_buffer__consume(shared_of(a)->wake.ring);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct shunt_agent *n = &a->maps.agent[i];

		if (a->maps.domains[i].on)
			poke(n->woken, n->woken + 1);
	}
	wake_up(a);
	a->ticked_ns = a->holes_ns = a->sockets_ns = 0;
	a->nudged = true; /* bpftool may have written maps meanwhile */
}
