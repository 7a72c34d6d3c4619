// SPDX-License-Identifier: BSD-2-Clause
/*
 * pool.c - makes a domain's memory and sockets, finds them again, lets go of them
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "domain.h"
#include "holes.h"
#include "ledger_frames.h"
#include "log.h"
#include "maps.h"
#include "pool.h"
#include "state.h"
#include "store.h"
#include "xsk.h"
#include "xsks.h"

static void name_of(const struct domain *d, const char *what, char out[STORE_NAME])
{
	snprintf(out, STORE_NAME, "d%u.%s", d->id, what);
}

static void *map_shared(int fd, size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* A memfd of a fixed size: a worker that shrinks it would kill whoever reads it next. */
static int make_memfd(const char *name, size_t len)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, len) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int pool_store_as(struct domain *d, const char *what, int fd)
{
	char name[STORE_NAME];
	int err;

	name_of(d, what, name);
	err = store_put(d->store, name, fd);
	if (err)
		close(fd);
	return err;
}

int pool_map_rings(struct domain *d)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	int err = 0;

	for (__u32 i = 0; !err && i < shunt_fill_rings(g); i++) {
		err = shunt_ring_map(&d->pool.r.fill[i], d->pool.sock[i], SHUNT_RING_FILL,
				     g->fill_ring);
		if (!err)
			err = shunt_ring_map(&d->pool.r.comp[i], d->pool.sock[i], SHUNT_RING_COMP,
					     g->fill_ring);
	}
	for (__u32 k = 0; !err && k < sockets_of(g); k++) {
		__u32 slot = slot_of(g, k);

		err = shunt_ring_map(&d->pool.r.rx[slot], d->pool.sock[k], SHUNT_RING_RX,
				     rx_size(g, slot));
		if (!err && slot < SHUNT_HOLD_SLOT)
			err = shunt_ring_map(&d->pool.r.tx[slot], d->pool.sock[k], SHUNT_RING_TX,
					     g->core_ring);
	}
	return err;
}

int pool_map_memory(struct domain *d)
{
	d->pool.r.memory = map_shared(d->pool.memory, shunt_memory_len(&d->pool.r.geo));
	if (!d->pool.r.memory)
		return -errno;
	d->pool.r.ctl = shunt_ctl_of(d->pool.r.memory, &d->pool.r.geo);
	return 0;
}

/* A new kernel pool would be refused while we have rings of the old one mapped. */
static void unmap_all(struct domain *d)
{
	for (int i = 0; i < SHUNT_SLOTS; i++)
		shunt_ring_unmap(&d->pool.r.rx[i]);
	for (int i = 0; i < SHUNT_CORES; i++) {
		shunt_ring_unmap(&d->pool.r.fill[i]);
		shunt_ring_unmap(&d->pool.r.comp[i]);
		shunt_ring_unmap(&d->pool.r.tx[i]);
	}
	if (d->pool.r.memory)
		munmap(d->pool.r.memory, shunt_memory_len(&d->pool.r.geo));
	d->pool.r.memory = NULL;
	d->pool.r.ctl = NULL;
}

void pool_let_go(struct domain *d)
{
	char name[STORE_NAME];

	holes_unwatch(d);
	d->pool.full = false;
	unmap_all(d);
	if (d->pool.r.view)
		munmap(d->pool.r.view, sizeof(*d->pool.r.view));
	d->pool.r.view = NULL;
	if (d->pool.view_fd >= 0)
		close(d->pool.view_fd);
	d->pool.view_fd = -1;
	if (d->pool.state)
		munmap(d->pool.state, sizeof(*d->pool.state));
	d->pool.state = NULL;
	name_of(d, "", name);
	store_drop(d->store, name);
	d->pool.memory = -1;
}

void pool_remove_sockets(struct domain *d)
{
	for (__u32 k = 0; k < SHUNT_SLOTS; k++) {
		__u32 key = d->id * SHUNT_SLOTS + k;

		bpf_map_delete_elem(d->maps->xsks_fd, &key);
	}
}

int pool_put_sockets(struct domain *d)
{
	int missing = 0;

	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		int n = xsks_put(d->maps->xsks_fd, d->id * SHUNT_SLOTS + slot_of(&d->pool.r.geo, k),
				 d->pool.sock[k]);

		if (n < 0)
			return n;
		missing += n;
	}
	return missing;
}

/* The first socket says whether those of all queues work without copying. */
static __u16 mode_of(const struct domain *d)
{
	if (d->maps->cfg.flags & SHUNT_CFG_ZEROCOPY)
		return XDP_ZEROCOPY;
	return d->maps->cfg.flags & SHUNT_CFG_COPY || d->copies ? XDP_COPY : 0;
}

static int bind_socket(struct domain *d, __u32 k, int fd)
{
	__u32 queue = queue_of(d->maps, d->id, k);

	return k ? xsk_bind_shared(fd, d->pool.state->ifindex, queue, d->pool.sock[0])
		 : xsk_bind_first(fd, d->pool.state->ifindex, queue, mode_of(d));
}

int pool_keep_socket(struct domain *d, __u32 k, int fd)
{
	char what[12];

	d->pool.sock[k] = fd;
	snprintf(what, sizeof(what), "s%u", k);
	return pool_store_as(d, what, fd);
}

static int make_socket(struct domain *d, __u32 k)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	__u32 slot = slot_of(g, k);
	int fd, err;

	fd = k ? xsk_another() : xsk_first(d->pool.r.memory, g);
	if (fd < 0)
		return fd;
	err = k && g->nqueues ? xsk_own_rings(fd, g) : 0;
	if (!err)
		err = xsk_rings(fd, rx_size(g, slot), slot < SHUNT_HOLD_SLOT ? g->core_ring : 0);
	if (err) {
		close(fd);
		return err;
	}
	return pool_keep_socket(d, k, fd);
}

int pool_make_sockets(struct domain *d)
{
	int err = 0;

	for (__u32 k = 0; !err && k < sockets_of(&d->pool.r.geo); k++)
		err = make_socket(d, k);
	return err ? err : pool_map_rings(d);
}

/* A worker, and the next agent, map rings of sockets that are bound: kernels before 6.4 do not. */
static int maps_when_bound(const struct domain *d)
{
	struct shunt_ring fill = { 0 };
	int err = shunt_ring_map(&fill, d->pool.sock[0], SHUNT_RING_FILL,
				 d->pool.r.geo.fill_ring);

	shunt_ring_unmap(&fill);
	return err == -EBUSY ? -ENOSYS : err;
}

/* Zero copy was tried, not demanded, and the driver failed: the next try is with copying.
 * Until then the queue is in use, by the sockets of this one. */
static int copy_instead(struct domain *d, __u32 queue, int err)
{
	log_say(LOG_WARNING,
		"the driver gives no zero-copy AF_XDP socket on queue %u: %s; packets of domain %u "
		"are copied", queue, strerror(-err), d->id);
	d->copies = true;
	return -EBUSY;
}

int pool_bind(struct domain *d)
{
	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		int err = bind_socket(d, k, d->pool.sock[k]);

		if (err && !mode_of(d) && xsk_is_refusal(err))
			return copy_instead(d, queue_of(d->maps, d->id, k), err);
		if (err)
			return err;
	}
	return maps_when_bound(d);
}

__u64 pool_zero_copy(const struct domain *d)
{
	__u64 queues = 0;

	for (__u32 k = 0; k < shunt_fill_rings(&d->pool.r.geo); k++)
		queues |= (__u64)xsk_is_zero_copy(d->pool.sock[k]) << k;
	return queues;
}

void pool_wake(const struct domain *d)
{
	for (__u64 left = agent_of(d)->zero_copy; left; left &= left - 1) {
		__u32 k = __builtin_ctzll(left);

		if (k < shunt_fill_rings(&d->pool.r.geo) && ring_count(&d->pool.r.fill[k]))
			xsk_wake(d->pool.sock[k]);
	}
}

int pool_make_state(struct domain *d, unsigned int ifindex, const struct shunt_geometry *geo)
{
	int fd = make_memfd("shunt-state", STATE_ROOM);

	if (fd < 0)
		return fd;
	d->pool.state = map_shared(fd, sizeof(*d->pool.state));
	if (!d->pool.state) {
		close(fd);
		return -ENOMEM;
	}
	d->pool.state->size = sizeof(*d->pool.state);
	d->pool.state->map_id = d->maps->id;
	d->pool.state->ifindex = ifindex;
	d->pool.state->geo = d->pool.r.geo = *geo;
	return pool_store_as(d, "state", fd);
}

int pool_make_memory(struct domain *d)
{
	int fd = make_memfd("shunt-frames", shunt_memory_len(&d->pool.r.geo)), err;

	if (fd < 0)
		return fd;
	d->pool.memory = fd;
	err = pool_store_as(d, "memory", fd);
	return err ? err : pool_map_memory(d);
}

void pool_fill(struct domain *d)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	__u32 homes = shunt_fill_rings(g), spare = g->ncores * SHUNT_SPARE / homes,
	      per = g->nframes / homes;

	for (__u32 k = 0; k < homes; k++) {
		for (__u32 i = 0; i < spare; i++)
			ledger_list(&d->pool.r, &LEDGER_ALL_DEAD, (k * spare + i) / SHUNT_SPARE,
				    k * per + i);
		for (__u32 i = spare; i < per; i++)
			d->pool.r.fill[k].addr[i - spare] = ((__u64)k * per + i) * g->chunk;
		ring_set_prod(&d->pool.r.fill[k], per - spare);
	}
}

static bool find_all(struct domain *d)
{
	char what[12], name[STORE_NAME];

	name_of(d, "memory", name);
	d->pool.memory = store_get(d->store, name);
	for (__u32 k = 0; k < sockets_of(&d->pool.r.geo); k++) {
		snprintf(what, sizeof(what), "s%u", k);
		name_of(d, what, name);
		d->pool.sock[k] = store_get(d->store, name);
		if (d->pool.sock[k] < 0)
			return false;
	}
	name_of(d, "worker", name);
	d->worker.process = store_get(d->store, name);
	/* A process of which nothing but the number is known may have the rings, or be another. */
	return d->pool.memory >= 0 &&
	       (d->worker.process >= 0 || !d->pool.state->worker_pid || d->pool.state->step);
}

bool pool_find(struct domain *d, unsigned int ifindex)
{
	char name[STORE_NAME];
	int fd;

	name_of(d, "state", name);
	fd = store_get(d->store, name);
	if (fd < 0)
		return false;
	d->pool.state = map_shared(fd, sizeof(*d->pool.state));
	if (!d->pool.state || state_misfit(fd, d->pool.state, d->maps->id, ifindex))
		return false;
	if (d->pool.state->size < sizeof(*d->pool.state))
		d->pool.state->size = sizeof(*d->pool.state); /* the fields that the older
							       * version did not write are 0 */
	d->pool.r.geo = d->pool.state->geo;
	return find_all(d);
}
