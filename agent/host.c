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

#include "hello.h"
#include "holes.h"
#include "host.h"
#include "log.h"
#include "unwrap.h"
#include "xsk.h"
#include "xsks.h"

#define PER_CORE 1024 /* frames: two rings of a core, a NAPI round, parked requests, and some */
#define CORE_RING 256
#define MTU_MAX 1500
#define WRAPPING (sizeof(struct shunt_wire_request) + 14) /* what the wire adds to a client's packet */

/* --- what the rest of the agent looks at --------------------------------------------------------- */

static void *anonymous(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (len + page - 1) & ~(page - 1), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static __u32 id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* One domain, and a configuration that is the same for all hosts. */
static int fill_maps(struct agent *a)
{
	const struct host_opts *h = &a->opts.host;
	struct maps *m = &a->maps;

	m->cfg = (struct shunt_cfg){ .abi = SHUNT_ABI, .flags = SHUNT_CFG_WIRE | SHUNT_CFG_PREEMPT,
		.ndomains = 1, .nclasses = SHUNT_CLASSES, .chunk = 2048, .core_ring = CORE_RING,
		.hang_ms = 1000, .hang = SHUNT_HANG_TELL, .drain_ms = 30000, .parked_max = SHUNT_PARKED,
		.grace_us = h->grace_us, .watch_us = h->grace_us ? h->grace_us / 2 + 1 : 0 };
	m->domains = anonymous(SHUNT_DOMAINS * sizeof(*m->domains));
	m->agent = anonymous(SHUNT_DOMAINS * sizeof(*m->agent));
	m->ingress = anonymous((SHUNT_DOMAINS + 1) * sizeof(*m->ingress));
	if (!m->domains || !m->agent || !m->ingress) {
		maps_close(m);
		return -ENOMEM;
	}
	m->id = id_of(unwrap_map(a, UNWRAP_VIEW));
	m->domains[0].on = 1;
	m->domains[0].ncores = h->ndevs;
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
		say(LOG_WARNING, "the view or the epochs were frozen by a worker that had their descriptors: loading the "
		    "program anew");
	return frozen;
}

int host_begin(struct agent *a, char *why, size_t len)
{
	struct host_opts *h = &a->opts.host;
	int err = 0;

	for (__u32 i = 0; i < h->ndevs; i++) {
		iface_look(h->dev[i].name, &h->dev[i].ifindex, &a->mtu);
		if (!h->dev[i].ifindex || iface_mac(h->dev[i].name, h->dev[i].mac)) {
			snprintf(why, len, "there is no interface '%s'", h->dev[i].name);
			return -ENODEV;
		}
	}
	if (!unwrap_stands(a) || maps_are_frozen(a)) {
		store_drop(a->store, "wire.");
		store_drop(a->store, "d0.");
		err = unwrap_load(a, why, len);
	}
	if (err)
		return err;
	err = fill_maps(a);
	if (err)
		snprintf(why, len, "out of memory");
	else
		err = hello_begin(a, unwrap_map(a, UNWRAP_LINK), unwrap_map(a, UNWRAP_EPOCH), why, len);
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
	hello_end(a);
	store_drop(a->store, "wire.");
}

/* --- memory and sockets ------------------------------------------------------------------------- */

static int open_view(struct agent *a, struct domain *d)
{
	d->view_fd = dup(unwrap_map(a, UNWRAP_VIEW));
	if (d->view_fd < 0)
		return -errno;
	d->r.view = shunt_map_mmap(d->view_fd, sizeof(*d->r.view), true);
	return d->r.view ? 0 : -errno;
}

static void set_geometry(const struct agent *a, struct shunt_geometry *g)
{
	__u32 n = a->opts.host.ndevs, room = a->mtu > WRAPPING ? a->mtu - WRAPPING : 0;

	*g = (struct shunt_geometry){ .nframes = n * PER_CORE, .chunk = a->maps.cfg.chunk,
		.core_ring = CORE_RING, .ncores = n, .nqueues = n, .nclasses = SHUNT_CLASSES, .fill_ring = 1,
		.mtu = room < MTU_MAX ? room : MTU_MAX };
	while (g->fill_ring < g->nframes + SHUNT_NAPI)
		g->fill_ring *= 2;
}

static int make_socket(struct agent *a, struct domain *d, __u32 k)
{
	const struct shunt_geometry *g = &d->r.geo;
	char what[8];
	int fd = k ? xsk_another() : xsk_first(d->r.memory, g), err = 0;

	if (fd < 0)
		return fd;
	if (k)
		err = xsk_own_rings(fd, g);
	if (!err)
		err = xsk_rings(fd, g->core_ring, g->core_ring);
	if (!err)
		err = k ? xsk_bind_shared(fd, a->opts.host.dev[k].ifindex, 0, d->sock[0]) :
			  xsk_bind_first(fd, a->opts.host.dev[k].ifindex, 0, XDP_COPY);
	if (err) {
		close(fd);
		return err;
	}
	d->sock[k] = fd;
	snprintf(what, sizeof(what), "s%u", k);
	return domain_store_as(d, what, fd);
}

int host_put_sockets(struct agent *a, struct domain *d)
{
	int missing = 0;

	for (__u32 k = 0; k < d->r.geo.ncores; k++) {
		int n = xsks_put(unwrap_map(a, UNWRAP_SOCK), k, d->sock[k]);

		if (n < 0)
			return n;
		missing += n;
	}
	return missing;
}

/* No worker has seen it yet, or none will again. */
static void set_right(struct domain *d)
{
	struct shunt_view *v = d->r.view;

	memset(v, 0, sizeof(*v));
	v->abi = SHUNT_ABI;
	v->nclasses = d->r.geo.nclasses;
	v->preempt = 1; /* when, is for the NIC to say */
	v->parked_max = SHUNT_PARKED;
	v->grace_us = d->maps->cfg.grace_us;
	v->policy_gen = 1;
	poke(d->r.ctl->abi, SHUNT_ABI);
}

int host_make(struct agent *a, struct domain *d)
{
	struct shunt_geometry geo;
	int err = open_view(a, d);

	set_geometry(a, &geo);
	if (!err)
		err = domain_make_state(d, a->opts.host.dev[0].ifindex, &geo);
	if (!err)
		err = domain_make_memory(d);
	for (__u32 k = 0; !err && k < d->r.geo.ncores; k++)
		err = make_socket(a, d, k);
	if (!err) {
		set_right(d);
		domain_set_up(d, 0);
		hello_forget(a);
		err = host_put_sockets(a, d);
	}
	if (err < 0) {
		domain_let_go(d);
		if (err == -EBUSY)
			d->life = DOMAIN_BUSY;
		return err;
	}
	domain_is_made(d);
	return 0;
}

bool host_adopt(struct agent *a, struct domain *d)
{
	if (domain_find_state(d, a->opts.host.dev[0].ifindex) && !d->state->burial && !open_view(a, d) &&
	    !domain_map_memory(d)) {
		d->life = life_of(d->state);
		a->wire_user = d->state->owner ? d->state->owner : ~0u; /* ~0: not known, so it is another's */
		d->up = peek(d->r.view->up);
		domain_set_up(d, d->up);
		holes_take_over(d);
		return true;
	}
	domain_let_go(d);
	return false;
}

/* There is nothing to be found out: what it had, the NIC counts when it hears of the next, or of nobody. */
void host_bury(struct agent *a, struct domain *d)
{
	domain_set_up(d, 0);
	domain_let_go(d);
	d->absent_ns = a->now_ns;
	a->make_ns = a->now_ns;
}

int host_tell(struct agent *a, struct peer *p)
{
	const struct host_opts *h = &a->opts.host;
	struct shunt_msg_wire m = { .first = h->first };
	int fd = unwrap_map(a, UNWRAP_EPOCH);

	memcpy(m.nic, h->nic, sizeof(m.nic));
	for (__u32 i = 0; i < h->ndevs; i++)
		memcpy(m.mac[i], h->dev[i].mac, sizeof(m.mac[i]));
	return broker_send(p, &m, sizeof(m), SHUNT_MSG_WIRE, &fd, 1);
}

/* When what runs on the core should have made room; 0: nobody told it, nor did it see itself that it should. What is
 * read is the worker's: nonsense gets its own thread a signal. */
static __u64 due_ns(const struct shunt_view *v, const struct shunt_core *c, __u64 id)
{
	const struct shunt_mark *m = &c->mark.by[SHUNT_MARK_XDP];
	__u64 start = peek(c->run.start_ns);
	__u32 us = peek(v->quantum_us[peek(c->run.queue) % SHUNT_CLASSES]);

	if (peek(m->id) == id)
		return peek(m->deadline_ns);
	return peek(c->mark.look) && start && us ? start + us * 1000ULL : 0;
}

void host_watch(struct agent *a, struct domain *d)
{
	__u64 now = clock_ns();

	for (__u32 i = 0; i < d->r.geo.ncores; i++) {
		const struct shunt_core *c = &d->r.view->core[i];
		__u64 id = peek(c->run.id), due = id ? due_ns(d->r.view, c, id) : 0;

		if (due && now > due && now - due >= a->maps.cfg.grace_us * 1000ULL)
			watch_signal(a, d, i, id);
	}
}
