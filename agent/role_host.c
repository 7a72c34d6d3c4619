// SPDX-License-Identifier: BSD-2-Clause
/*
 * role_host.c - shuntd on a host whose NIC schedules
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "bpfmap.h"
#include "candidate.h"
#include "clock.h"
#include "domain.h"
#include "due.h"
#include "hello.h"
#include "host.h"
#include "host_actors.h"
#include "loss.h"
#include "peer.h"
#include "reclaim.h"
#include "role.h"
#include "store.h"
#include "unwrap.h"
#include "watch.h"

#define RENEW_NS 10000000ULL  /* between attempts to load a program anew */

static const char *check(struct options *o)
{
	o->ifname = o->host.dev[0].name; /* the service goes by it */
	if (!o->host.nic_known)
		return "--nic MAC is missing";
	if (!(o->host.key.word[0] | o->host.key.word[1]))
		return "--key FILE is missing";
	if (o->host.first + o->host.ndevs > SHUNT_CORES)
		return "a NIC has at most 64 cores";
	return NULL;
}

static int look(const struct options *o, const struct store *s, struct load_seen *l,
		struct why *why)
{
	if (!store_has(s, "wire.") && store_has(s, "d"))
		return why_fail(why, -EINVAL, "it has another --role");
	l->on = true;
	l->map_id = shunt_map_id(store_get(s, "wire.view"));
	return 0;
}

static void loss(const struct options *o, char *text, size_t len)
{
	snprintf(text, len, LOSS_UNKNOWN);
}

static int begin(struct agent *a)
{
	a->own = calloc(1, sizeof(struct host));
	return a->own ? 0 : -ENOMEM;
}

/* Nobody else can serve what is loaded here; what fails may be there later. The keeper's
 * descriptors of a program that is loaded anew are closed soon. */
static int open_load(struct agent *a, struct why *why)
{
	int err = host_begin(a, why);

	if (!err)
		host_of(a)->renew = false;
	else if (host_of(a)->renew)
		a->check_ns = a->now_ns + RENEW_NS;
	return err == -EBUSY ? -EADDRINUSE : err;
}

/* The domain is of a shuntd that had another file: a worker knows other rows than the NIC means. */
static bool has_other_actors(const struct agent *a)
{
	const struct domain_state *s = a->domain[0].pool.state;

	return s && s->rows != a->opts.host.actors;
}

static bool current(struct agent *a, struct why *why)
{
	if (has_other_actors(a))
		why_fail(why, -ESTALE, "--actors names others than before: workers get them anew");
	else if (!host_current(a))
		why_fail(why, -ENODEV, "a core's interface went away");
	else if (host_of(a)->renew)
		why_fail(why, -EAGAIN, "a worker of another user comes: loading the program anew");
	else
		return true;
	return false;
}

static void close_load(struct agent *a)
{
	host_end(a);
	host_of(a)->user = 0;
}

static void nothing(struct agent *a)
{
}

/* The NIC counts the worker's requests when it hears of the next
 * worker, or of none for long. No worker has to be told. */
static enum reclaim_outcome reclaim(struct agent *a, struct domain *d, enum reclaim_step step)
{
	domain_empty_frames(d); /* a process that has them open keeps none */
	domain_let_go(d);
	return RECLAIM_ANEW;
}

static int has_room(struct agent *a, const char **why)
{
	return !a->maps.agent && host_of(a)->renew ? -EAGAIN : 0;
}

/* A worker that asks for one domain was there before us, unless we have had a worker. */
static bool may_hold_rings(const struct agent *a)
{
	return !a->served;
}

/* The view is the program's: for another user's worker it is loaded anew. */
static bool is_fit(struct agent *a, struct peer *p, struct domain *d)
{
	struct host *h = host_of(a);

	if (h->user && h->user != p->uid + 1) {
		domain_empty_frames(d);
		h->renew = true;
		a->check_ns = a->now_ns;
		return false;
	}
	h->user = p->uid + 1;
	return true;
}

static int tell_first(struct agent *a, struct peer *p)
{
	const struct host_opts *h = &a->opts.host;
	struct shunt_msg_wire m = { .first = h->first };
	int fd = unwrap_map(a, UNWRAP_EPOCH), err;

	memcpy(m.nic, h->nic, sizeof(m.nic));
	for (__u32 i = 0; i < h->ndevs; i++)
		memcpy(m.mac[i], h->dev[i].mac, sizeof(m.mac[i]));
	err = peer_send(p, &m, sizeof(m), SHUNT_MSG_WIRE, &fd, 1);
	return err ? err : host_tell_actors(h, p);
}

/* The policy is the NIC's. */
static int tell_news(struct agent *a, struct peer *p)
{
	return 0;
}

static void core_up(struct agent *a, __u32 core)
{
	if (host_of(a)->hello)
		hello_up(host_of(a)->hello, core, a->now_ns);
}

/* When the request on the core should have made room; 0: the core was not told to, nor saw itself
 * that it should. The fields read are the worker's: nonsense gets its own thread a signal. */
static __u64 due_ns(const struct shunt_view *v, const struct shunt_core *c, __u64 id)
{
	const struct shunt_mark *m = &c->mark.by[SHUNT_MARK_XDP];
	__u64 start = peek(c->run.start_ns);
	__u32 us = peek(v->quantum_us[peek(c->run.queue) % SHUNT_CLASSES]);

	if (peek(m->id) == id)
		return peek(m->deadline_ns);
	return peek(c->mark.look) && start && us ? start + us * 1000ULL : 0;
}

/* Marks are the NIC's: signals for those that heed none. */
static bool watch_domain(struct agent *a, struct domain *d)
{
	__u64 now = clock_ns();
	bool late = false;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		const struct shunt_core *c = &d->pool.r.view->core[i];
		__u64 id = peek(c->run.id), due = id ? due_ns(d->pool.r.view, c, id) : 0;

		if (due && now > due && now - due >= a->maps.cfg.grace_us * 1000ULL)
			watch_signal(a, d, i, id);
		late |= due && now > due;
	}
	return late;
}

static bool watches(const struct agent *a)
{
	return a->domain[0].phase == DOMAIN_TAKEN && watch_wanted(a);
}

static void watch(struct agent *a)
{
	watch_running(a, watch_domain);
}

/* Measuring and publishing is the work of the NIC's shuntd. */
static void tick(struct agent *a)
{
	if (host_of(a)->hello)
		hello_tick(host_of(a)->hello, a->now_ns);
}

/* A worker's cores ask in memory; what the NIC does not answer is said again. */
static __u64 pace(const struct agent *a)
{
	const struct hello *h = host_of(a)->hello;

	return a->domain[0].phase == DOMAIN_TAKEN || (h && hello_goes_on(h)) ? DUE_SOON_NS
									    : DUE_LEISURE_NS;
}

static int fd(const struct agent *a)
{
	return host_of(a)->hello ? hello_fd(host_of(a)->hello) : -1;
}

static void hear(struct agent *a)
{
	if (host_of(a)->hello)
		hello_hear(host_of(a)->hello, a->now_ns);
}

const struct role role_host = {
	.name = "host",
	.check = check,
	.look = look,
	.loss = loss,
	.begin = begin,
	.open = open_load,
	.current = current,
	.close = close_load,
	.serve = nothing,
	.stop = nothing,
	.geometry = host_geometry,
	.make = host_make,
	.adopt = host_adopt,
	.put_sockets = host_put_sockets,
	.reclaim = reclaim,
	.has_room = has_room,
	.may_hold_rings = may_hold_rings,
	.is_fit = is_fit,
	.tell_first = tell_first,
	.tell_news = tell_news,
	.core_up = core_up,
	.turn = nothing,
	.watches = watches,
	.watch = watch,
	.tick = tick,
	.pace = pace,
	.fd = fd,
	.hear = hear,
};
