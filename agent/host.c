// SPDX-License-Identifier: BSD-2-Clause
/*
 * host.c - virtual functions of cores: memory and sockets for one worker after the other
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <shunt/wire.h>

#include "agent.h"
#include "bpfmap.h"
#include "domain.h"
#include "hello.h"
#include "holes.h"
#include "host.h"
#include "iface.h"
#include "log.h"
#include "maps.h"
#include "netif.h"
#include "pool.h"
#include "state.h"
#include "store.h"
#include "unwrap.h"
#include "xsk.h"
#include "xsks.h"

#define PER_CORE 1024 /* frames: two rings of a core, a NAPI round, parked requests, and some */
#define CORE_RING 256
#define MTU_MAX 1500
/* what the wire adds to a client's packet */
#define WRAPPING (sizeof(struct shunt_wire_request) + 14)

/* --- what the rest of the agent looks at ------------------------------------------------------ */

/* One domain, and a configuration that is the same for all hosts. */
static int fill_maps(struct agent *a)
{
	const struct host_opts *h = &a->opts.host;
	struct maps *m = &a->maps;

	m->cfg = (struct shunt_cfg){ .abi = SHUNT_ABI, .flags = SHUNT_CFG_WIRE | SHUNT_CFG_PREEMPT,
		.ndomains = 1, .nclasses = SHUNT_CLASSES, .chunk = 2048, .core_ring = CORE_RING,
		.hang_ms = 1000, .hang = SHUNT_HANG_TELL, .drain_ms = 30000,
		.parked_max = SHUNT_PARKED, .grace_us = h->grace_us,
		.watch_us = h->grace_us ? h->grace_us / 2 + 1 : 0 };
	if (maps_make(m))
		return -ENOMEM;
	m->id = shunt_map_id(unwrap_map(a, UNWRAP_VIEW));
	m->domains[0].on = 1;
	m->domains[0].ncores = h->ndevs;
	m->domains[0].nqueues = 1;
	for (__u32 i = 0; i < h->ndevs; i++)
		m->domains[0].cpu[i] = h->dev[i].cpu;
	return 0;
}

static bool is_frozen(const struct agent *a, enum unwrap_map map, size_t len)
{
	void *at = shunt_map_mmap(unwrap_map(a, map), len, true);

	if (!at)
		return errno == EPERM;
	munmap(at, len);
	return false;
}

/* By a worker that kept their descriptors, while no agent had mapped them (view.c). */
static bool maps_are_frozen(const struct agent *a)
{
	bool frozen = is_frozen(a, UNWRAP_VIEW, sizeof(struct shunt_view)) ||
		      is_frozen(a, UNWRAP_EPOCH, SHUNT_CORES * sizeof(struct shunt_wire_epoch));

	if (frozen)
		log_say(LOG_WARNING,
			"the view or the epochs were frozen by a worker that had their "
			"descriptors: loading the program anew");
	return frozen;
}

int host_begin(struct agent *a, struct why *why)
{
	struct host_opts *h = &a->opts.host;
	int err = 0;

	for (__u32 i = 0; i < h->ndevs; i++) {
		iface_look(h->dev[i].name, &h->dev[i].ifindex, &a->mtu);
		if (!h->dev[i].ifindex || netif_mac(h->dev[i].name, h->dev[i].mac))
			return why_fail(why, -ENODEV, "there is no interface '%s'", h->dev[i].name);
	}
	if (!unwrap_stands(a) || maps_are_frozen(a)) {
		store_drop(a->store, "wire.");
		store_drop(a->store, "d0.");
		err = unwrap_load(a, why);
	}
	if (err)
		return err;
	err = fill_maps(a);
	if (err)
		why_fail(why, err, "out of memory");
	else
		host_of(a)->hello = hello_begin(h, unwrap_map(a, UNWRAP_LINK),
						unwrap_map(a, UNWRAP_EPOCH), why);
	if (!err && !host_of(a)->hello)
		err = -EIO;
	if (err)
		maps_close(&a->maps);
	return err;
}

bool host_current(const struct agent *a)
{
	for (__u32 i = 0; i < a->opts.host.ndevs; i++) {
		unsigned int ifindex;
		__u32 mtu;

		iface_look(a->opts.host.dev[i].name, &ifindex, &mtu);
		if (ifindex != a->opts.host.dev[i].ifindex)
			return false;
	}
	return true;
}

void host_end(struct agent *a)
{
	hello_end(host_of(a)->hello);
	host_of(a)->hello = NULL;
	store_drop(a->store, "wire.");
}

/* --- memory and sockets ----------------------------------------------------------------------- */

static int open_view(struct agent *a, struct domain *d)
{
	d->pool.view_fd = dup(unwrap_map(a, UNWRAP_VIEW));
	if (d->pool.view_fd < 0)
		return -errno;
	d->pool.r.view = shunt_map_mmap(d->pool.view_fd, sizeof(*d->pool.r.view), true);
	return d->pool.r.view ? 0 : -errno;
}

bool host_geometry(const struct agent *a, __u32 domain, struct shunt_geometry *g)
{
	__u32 n = a->opts.host.ndevs, room = a->mtu > WRAPPING ? a->mtu - WRAPPING : 0;

	*g = (struct shunt_geometry){ .nframes = n * PER_CORE, .chunk = a->maps.cfg.chunk,
		.core_ring = CORE_RING, .ncores = n, .nqueues = n, .nclasses = SHUNT_CLASSES,
		.fill_ring = 1, .mtu = room < MTU_MAX ? room : MTU_MAX };
	while (g->fill_ring < g->nframes + SHUNT_NAPI)
		g->fill_ring *= 2;
	return true;
}

static int make_socket(struct agent *a, struct domain *d, __u32 k)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	int fd = k ? xsk_another() : xsk_first(d->pool.r.memory, g), err = 0;

	if (fd < 0)
		return fd;
	if (k)
		err = xsk_own_rings(fd, g);
	if (!err)
		err = xsk_rings(fd, g->core_ring, g->core_ring);
	if (!err)
		err = k ? xsk_bind_shared(fd, a->opts.host.dev[k].ifindex, 0, d->pool.sock[0]) :
			  xsk_bind_first(fd, a->opts.host.dev[k].ifindex, 0, XDP_COPY);
	if (err) {
		close(fd);
		return err;
	}
	return pool_keep_socket(d, k, fd);
}

int host_put_sockets(struct agent *a, struct domain *d)
{
	int missing = 0;

	for (__u32 k = 0; k < d->pool.r.geo.ncores; k++) {
		int n = xsks_put(unwrap_map(a, UNWRAP_SOCK), k, d->pool.sock[k]);

		if (n < 0)
			return n;
		missing += n;
	}
	return missing;
}

/* No worker has seen it yet, or none will again. */
static void set_right(struct domain *d)
{
	struct shunt_view *v = d->pool.r.view;

	memset(v, 0, sizeof(*v));
	v->abi = SHUNT_ABI;
	v->nclasses = d->pool.r.geo.nclasses;
	v->preempt = 1; /* when, is for the NIC to say */
	v->parked_max = SHUNT_PARKED;
	v->grace_us = d->maps->cfg.grace_us;
	v->policy_gen = 1;
	poke(d->pool.r.ctl->abi, SHUNT_ABI);
}

static bool queues_are_busy(const struct agent *a)
{
	for (__u32 k = 0; k < a->opts.host.ndevs; k++) {
		if (xsk_is_busy(a->opts.host.dev[k].ifindex, 0))
			return true;
	}
	return false;
}

int host_make(struct agent *a, struct domain *d, const struct shunt_geometry *g)
{
	int err;

	if (d->former.busy) {
		domain_was_tried(d, queues_are_busy(a));
		return -EBUSY;
	}
	err = open_view(a, d);
	if (!err)
		err = pool_make_state(d, a->opts.host.dev[0].ifindex, g);
	if (!err)
		err = pool_make_memory(d);
	for (__u32 k = 0; !err && k < d->pool.r.geo.ncores; k++)
		err = make_socket(a, d, k);
	if (!err) {
		d->pool.state->rows = a->opts.host.actors;
		set_right(d);
		domain_set_up(d, 0);
		hello_forget(host_of(a)->hello);
		err = host_put_sockets(a, d);
	}
	if (err < 0) {
		domain_is_not_made(d, err);
		return err;
	}
	domain_is_made(d);
	return 0;
}

bool host_adopt(struct agent *a, struct domain *d)
{
	if (pool_find(d, a->opts.host.dev[0].ifindex) && !d->pool.state->step && !open_view(a, d) &&
	    !pool_map_memory(d)) {
		d->phase = phase_of(d->pool.state);
		/* A user that is not known counts as another one. */
		host_of(a)->user = d->pool.state->owner ? d->pool.state->owner : ~0u;
		d->worker.up = peek(d->pool.r.view->up);
		domain_set_up(d, d->worker.up);
		holes_take_over(d);
		return true;
	}
	domain_let_go(d);
	return false;
}
