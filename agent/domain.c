// SPDX-License-Identifier: BSD-2-Clause
/*
 * domain.c - makes a domain's memory and sockets, takes them over, gives them up
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "former.h"
#include "holes.h"
#include "log.h"
#include "state.h"
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

int domain_store_as(struct domain *d, const char *what, int fd)
{
	char name[STORE_NAME];
	int err;

	name_of(d, what, name);
	err = store_put(d->store, name, fd);
	if (err)
		close(fd);
	return err;
}

static int map_rings(struct domain *d)
{
	const struct shunt_geometry *g = &d->r.geo;
	int err = 0;

	for (__u32 i = 0; !err && i < shunt_fill_rings(g); i++) {
		err = shunt_ring_map(&d->r.fill[i], d->sock[i], SHUNT_RING_FILL, g->fill_ring);
		if (!err)
			err = shunt_ring_map(&d->r.comp[i], d->sock[i], SHUNT_RING_COMP, g->fill_ring);
	}
	for (__u32 k = 0; !err && k < sockets_of(g); k++) {
		__u32 slot = slot_of(g, k);

		err = shunt_ring_map(&d->r.rx[slot], d->sock[k], SHUNT_RING_RX, rx_size(g, slot));
		if (!err && slot < SHUNT_HOLD_SLOT)
			err = shunt_ring_map(&d->r.tx[slot], d->sock[k], SHUNT_RING_TX,
					     g->core_ring);
	}
	/* Kernels before 6.4 map the rings of sockets that are not bound yet, and of no others; a
	 * worker comes later than that. */
	return err == -EBUSY ? -EOPNOTSUPP : err;
}

int domain_map_memory(struct domain *d)
{
	d->r.memory = map_shared(d->memory, shunt_memory_len(&d->r.geo));
	if (!d->r.memory)
		return -errno;
	d->r.ctl = shunt_ctl_of(d->r.memory, &d->r.geo);
	return 0;
}

/* A new kernel pool would be refused while we have rings of the old one mapped. */
static void unmap_all(struct domain *d)
{
	for (int i = 0; i < SHUNT_SLOTS; i++)
		shunt_ring_unmap(&d->r.rx[i]);
	for (int i = 0; i < SHUNT_CORES; i++) {
		shunt_ring_unmap(&d->r.fill[i]);
		shunt_ring_unmap(&d->r.comp[i]);
		shunt_ring_unmap(&d->r.tx[i]);
	}
	if (d->r.memory)
		munmap(d->r.memory, shunt_memory_len(&d->r.geo));
	d->r.memory = NULL;
	d->r.ctl = NULL;
}

/* Lets go of memory and sockets, here and in the keeper. */
void domain_let_go(struct domain *d)
{
	char name[STORE_NAME];

	holes_unwatch(d);
	unmap_all(d);
	if (d->r.view)
		munmap(d->r.view, sizeof(*d->r.view));
	d->r.view = NULL;
	if (d->view_fd >= 0)
		close(d->view_fd);
	d->view_fd = -1;
	if (d->state)
		munmap(d->state, sizeof(*d->state));
	d->state = NULL;
	name_of(d, "", name);
	store_drop(d->store, name);
	d->memory = -1;
	d->worker = -1;
	d->life = DOMAIN_OFF;
}

/* Sockets that leave the map are not fed any more, whoever still has them. */
static void remove_sockets(struct domain *d)
{
	for (__u32 k = 0; k < SHUNT_SLOTS; k++) {
		__u32 key = d->id * SHUNT_SLOTS + k;

		bpf_map_delete_elem(d->maps->xsks_fd, &key);
	}
}

int domain_put_sockets(struct domain *d)
{
	int missing = 0;

	for (__u32 k = 0; k < sockets_of(&d->r.geo); k++) {
		int n = xsks_put(d->maps->xsks_fd, d->id * SHUNT_SLOTS + slot_of(&d->r.geo, k), d->sock[k]);

		if (n < 0)
			return n;
		missing += n;
	}
	return missing;
}

static int bind_socket(struct domain *d, __u32 k, int fd)
{
	__u16 mode = d->maps->cfg.flags & SHUNT_CFG_CARD ? XDP_ZEROCOPY : XDP_COPY;

	return k ? xsk_bind_shared(fd, d->state->ifindex, queue_of(d->maps, d->id, k), d->sock[0]) :
		   xsk_bind_first(fd, d->state->ifindex, d->id, mode);
}

static int make_socket(struct domain *d, __u32 k)
{
	const struct shunt_geometry *g = &d->r.geo;
	__u32 slot = slot_of(g, k);
	char what[8];
	int fd, err;

	fd = k ? xsk_another() : xsk_first(d->r.memory, g);
	if (fd < 0)
		return fd;
	err = k && g->nqueues ? xsk_own_rings(fd, g) : 0;
	if (!err)
		err = xsk_rings(fd, rx_size(g, slot), slot < SHUNT_HOLD_SLOT ? g->core_ring : 0);
	if (!err)
		err = bind_socket(d, k, fd);
	if (err) {
		close(fd);
		return err;
	}
	d->sock[k] = fd;
	snprintf(what, sizeof(what), "s%u", k);
	return domain_store_as(d, what, fd);
}

int domain_make_state(struct domain *d, unsigned int ifindex, const struct shunt_geometry *geo)
{
	int fd = make_memfd("shunt-state", STATE_ROOM);

	if (fd < 0)
		return fd;
	d->state = map_shared(fd, sizeof(*d->state));
	if (!d->state) {
		close(fd);
		return -ENOMEM;
	}
	d->state->size = sizeof(*d->state);
	d->state->map_id = d->maps->id;
	d->state->ifindex = ifindex;
	d->state->geo = d->r.geo = *geo;
	return domain_store_as(d, "state", fd);
}

int domain_make_memory(struct domain *d)
{
	int fd = make_memfd("shunt-frames", shunt_memory_len(&d->r.geo)), err;

	if (fd < 0)
		return fd;
	d->memory = fd;
	err = domain_store_as(d, "memory", fd);
	return err ? err : domain_map_memory(d);
}

/* New memory: the first frames of each home are the next worker's, all others the kernel's. */
static void fill_first(struct domain *d)
{
	const struct shunt_geometry *g = &d->r.geo;
	__u32 homes = shunt_fill_rings(g), spare = g->ncores * SHUNT_SPARE / homes, per = g->nframes / homes;

	d->state->nspare = 0;
	for (__u32 k = 0; k < homes; k++) {
		for (__u32 i = 0; i < spare; i++)
			d->state->spare[d->state->nspare++] = k * per + i;
		for (__u32 i = spare; i < per; i++)
			d->r.fill[k].addr[i - spare] = ((__u64)k * per + i) * g->chunk;
		ring_set_prod(&d->r.fill[k], per - spare);
	}
}

void domain_set_right(struct domain *d)
{
	struct shunt_view *v = d->r.view;

	poke(d->r.ctl->abi, SHUNT_ABI);
	poke(d->r.ctl->nspare, 0);
	memset(d->r.ctl->fill_lock, 0, sizeof(d->r.ctl->fill_lock));
	poke(v->abi, SHUNT_ABI);
	poke(v->nclasses, d->r.geo.nclasses);
	poke(v->idle, 0);
	poke(v->stale, 0);
	poke(v->hold_age_ms, d->maps->cfg.hold_age_ms);
	memset(v->parked, 0, sizeof(v->parked));
	poke(v->parked_held, 0);
	poke(v->parked_now, 0);
	for (int i = 0; i < SHUNT_CORES; i++) {
		memset(&v->core[i].run, 0, sizeof(v->core[i].run));
		memset(&v->core[i].mark, 0, sizeof(v->core[i].mark));
	}
	domain_settle_counts(d);
}

static void count_refused_before(struct domain *d)
{
	const struct shunt_agent *n = agent_of(d);

	for (int i = 0; i < SHUNT_CLASSES; i++)
		d->state->refused_cls[i] = n->cls[i].refused;
	for (int i = 0; i < SHUNT_CORES; i++)
		d->state->refused_core[i] = n->core[i].refused;
	d->state->no_frame = n->no_frame;
}

static int make_all(struct domain *d)
{
	int err = domain_make_memory(d);

	for (__u32 k = 0; !err && k < sockets_of(&d->r.geo); k++)
		err = make_socket(d, k);
	if (!err)
		err = map_rings(d);
	if (err)
		return err;
	count_refused_before(d);
	domain_count_lost(d);
	fill_first(d);
	domain_set_right(d);
	err = domain_put_sockets(d);
	return err < 0 ? err : 0;
}

void domain_is_made(struct domain *d)
{
	holes_begin(d);
	agent_of(d)->frames = d->r.geo.nframes;
	agent_of(d)->worker_pid = agent_of(d)->worker_user = 0;
	d->maps->domains[d->id].left = 0;
	__atomic_store_n(&d->state->ready, 1, __ATOMIC_RELEASE);
	d->peer = NULL;
	d->up = d->hung = 0;
	d->old_pid = 0;
	d->life = DOMAIN_FREE;
}

/* All but the processes that may hold rings of before. */
void domain_forget(struct domain *d, __u64 now_ns)
{
	struct domain old = *d;

	*d = (struct domain){ .view_fd = -1, .worker = -1, .memory = -1, .suspect.pidfd = -1, .absent_ns = now_ns,
			      .step_ns = now_ns, .left_ns = now_ns, .former = old.former, .former_user = old.former_user,
			      .former_left = old.former_left, .old_pid = old.old_pid, .kin = old.kin };
}

int domain_make(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex,
		const struct shunt_geometry *g)
{
	int err = view_open(d, pins);

	if (!err) {
		domain_set_up(d, 0);
		err = domain_make_state(d, ifindex, g);
	}
	if (!err)
		err = make_all(d);
	if (err) {
		/* Whoever holds the old rings learns here that nothing will come through them. */
		if (err == -EBUSY) {
			poke(d->r.view->stale, 1);
			remove_sockets(d);
		}
		domain_let_go(d);
		if (err == -EBUSY)
			d->life = DOMAIN_BUSY;
		return err;
	}
	domain_is_made(d);
	return 0;
}

/* Descriptors of the store, if all are there. */
static bool find_all(struct domain *d)
{
	char what[8], name[STORE_NAME];

	name_of(d, "memory", name);
	d->memory = store_get(d->store, name);
	for (__u32 k = 0; k < sockets_of(&d->r.geo); k++) {
		snprintf(what, sizeof(what), "s%u", k);
		name_of(d, what, name);
		d->sock[k] = store_get(d->store, name);
		if (d->sock[k] < 0)
			return false;
	}
	name_of(d, "worker", name);
	d->worker = store_get(d->store, name);
	/* A process of which nothing but the number is known may have the rings, or be another. */
	return d->memory >= 0 && (d->worker >= 0 || !d->state->worker_pid || d->state->burial);
}

bool domain_find_state(struct domain *d, unsigned int ifindex)
{
	char name[STORE_NAME];
	int fd;

	name_of(d, "state", name);
	fd = store_get(d->store, name);
	if (fd < 0)
		return false;
	d->state = map_shared(fd, sizeof(*d->state));
	if (!d->state || state_misfit(fd, d->state, d->maps->id, ifindex))
		return false;
	if (d->state->size < sizeof(*d->state))
		d->state->size = sizeof(*d->state); /* what we know beyond that is 0 */
	d->r.geo = d->state->geo;
	return find_all(d);
}

bool domain_adopt(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex)
{
	if (domain_find_state(d, ifindex) &&
	    domain_geometry_serves(&d->r.geo, &d->maps->cfg, &d->maps->domains[d->id]) &&
	    !view_open(d, pins) && !domain_map_memory(d) && !map_rings(d) && domain_put_sockets(d) >= 0) {
		d->life = life_of(d->state);
		d->up = d->maps->domains[d->id].up;
		holes_take_over(d);
		return true;
	}
	if (d->state) {
		d->old_pid = d->state->worker_pid;
		domain_let_go(d);
	}
	return false;
}

void domain_give_up(struct domain *d)
{
	if (d->life == DOMAIN_OFF || d->life == DOMAIN_BUSY) {
		d->life = DOMAIN_OFF;
		return;
	}
	former_is(d, d->worker, d->state->owner, d->state->left);
	domain_count_refused(d);
	domain_set_up(d, 0);
	agent_of(d)->frames = 0;
	poke(d->r.view->stale, 1);
	remove_sockets(d);
	d->old_pid = d->state->worker_pid;
	d->peer = NULL;
	domain_let_go(d);
}
