// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent.c - the agent's loop: interface, maps, domains, connections
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "addrs.h"
#include "agent.h"
#include "clock.h"
#include "damage.h"
#include "domain.h"
#include "former.h"
#include "iface.h"
#include "keeper.h"
#include "limits.h"
#include "log.h"
#include "maps.h"
#include "peers.h"
#include "phase.h"
#include "plural.h"
#include "reclaim.h"
#include "role.h"
#include "store.h"
#include "worker.h"

#define CHECK_NS 100000000ULL /* pins may have changed */
#define PATIENCE_NS 1000000000ULL
#define MAKE_NS 50000000ULL   /* rings of before may be gone */
#define SOCKETS_NS 1000000000ULL /* somebody may have taken sockets out of the map */

enum { FD_KEEPER, FD_SIGNALS, FD_NETLINK, FD_LISTENER, FD_ROLE, FD_FIXED };

/* Tells the operator once what shuntd waits for. */
static void wait_for(struct agent *a, const char *why)
{
	if (!strcmp(a->why, why))
		return;
	snprintf(a->why, sizeof(a->why), "%s", why);
	if (*why) {
		log_say(LOG_WARNING, "waiting: %s", why);
		notify("STATUS=waiting: %s", why);
	}
}

/* The domain cannot be made: noted, for workers that wait for it, too. */
static void wait_with(struct agent *a, struct domain *d, struct why *why)
{
	if (!why->text)
		return; /* the reason is still looked for */
	why_line(why, d->why, sizeof(d->why));
	why_forget(why);
	wait_for(a, d->why);
}

static void explain(struct agent *a, struct domain *d, int err, struct why *why)
{
	if (err == -EBUSY) {
		former_explain(a, d, why);
		return;
	}
	if (err == -EOPNOTSUPP) {
		why_fail(why, err, "this kernel does not map the rings of bound AF_XDP sockets, so "
			 "they cannot be handed to workers: needs Linux 6.4");
		return;
	}
	if (err == -ENOBUFS || err == -EPERM)
		why_hint(why, "raise the limit of locked memory ('ulimit -l', LimitMEMLOCK=)");
	why_fail(why, err, "cannot make the sockets of queue %u: %s", domain_queue(d),
		 strerror(-err));
}

static bool has_room(struct agent *a, struct domain *d, const struct shunt_geometry *g)
{
	struct why why = { 0 };

	if (limits_allow(a, d, sockets_of(g), &why))
		return true;
	wait_with(a, d, &why);
	return false;
}

static bool make_one(struct agent *a, struct domain *d, const struct shunt_geometry *g)
{
	struct why why = { 0 };
	int err;

	if (!former_is_gone(d, a->now_ns)) {
		domain_move(d, DOMAIN_HELD);
		return false;
	}
	if (!has_room(a, d, g))
		return false;
	err = a->role->make(a, d, g);
	if (!err) {
		former_forget(d);
		return true;
	}
	/* A pool is dismantled some time after its last
	 * ring: no reason to look, or to complain, yet. */
	if (err == -EBUSY && a->now_ns - d->former.since_ns <= PATIENCE_NS)
		return false;
	if (err == -EBUSY)
		former_end(d, a->maps.cfg.drain_ms, a->now_ns);
	explain(a, d, err, &why);
	wait_with(a, d, &why);
	return false;
}

static void say_made(const struct domain *d)
{
	const struct shunt_geometry *g = &d->pool.r.geo;
	__u32 nqueues = d->maps->domains[d->id].nqueues;
	char many[24] = "";

	if (nqueues > 1)
		snprintf(many, sizeof(many), " and %u more", nqueues - 1);
	log_say(LOG_INFO, "domain %u, queue %u%s: %u %s, %u %s, %u frames of %u bytes", d->id,
		domain_queue(d), many, g->ncores, plural(g->ncores, "core", "cores"), g->nclasses,
		plural(g->nclasses, "class", "classes"), g->nframes, g->chunk);
}

static void make_domains(struct agent *a)
{
	struct shunt_geometry geo;
	bool all = true;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		if (!a->maps.domains[i].on || (d->phase != DOMAIN_OFF && d->phase != DOMAIN_BUSY) ||
		    !a->role->geometry(a, i, &geo))
			continue;
		if (!make_one(a, d, &geo)) {
			all = false;
			continue;
		}
		say_made(d);
	}
	if (all && a->why[0]) {
		wait_for(a, "");
		notify("STATUS=serving '%s'", a->opts.ifname);
	}
	a->make_ns = a->now_ns + MAKE_NS;
}

/* Descriptors in the store of a domain that is not taken
 * over serve nobody, and would keep its queue busy. */
static void drop_rest(struct agent *a, int domain)
{
	char name[STORE_NAME];

	snprintf(name, sizeof(name), "d%d.", domain);
	if (store_has(a->store, name))
		store_drop(a->store, name);
}

static void adopt_domains(struct agent *a)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		domain_forget(d, a->now_ns);
		d->id = i;
		d->store = a->store;
		d->maps = &a->maps;
		if (a->maps.domains[i].on && a->role->adopt(a, d)) {
			for (int c = 0; c < SHUNT_CORES; c++)
				d->worker.beat_ns[c] = a->now_ns;
			log_say(LOG_INFO, "took over domain %d%s", i,
				d->phase == DOMAIN_TAKEN || d->phase == DOMAIN_LEFT ?
				" and its worker" : "");
			continue;
		}
		drop_rest(a, i);
		if (!d->former.pid)
			d->former.pid = a->maps.agent[i].worker_pid;
	}
}

void agent_give_up(struct agent *a, const char *why)
{
	log_say(LOG_WARNING, "%s", why);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		d->former.since_ns = a->now_ns;
		domain_give_up(d);
	}
	peers_tell_leave(a, NULL);
	a->role->close(a);
	maps_close(&a->maps);
}

static bool find_shunt(struct agent *a)
{
	struct why why = { 0 };
	char line[sizeof(a->why)];
	int err;

	if (!a->ifindex) {
		snprintf(line, sizeof(line), "there is no interface '%s'", a->opts.ifname);
		wait_for(a, line);
		return false;
	}
	err = a->role->open(a, &why);
	a->refused = err == -EBUSY;
	why_line(&why, line, sizeof(line));
	why_forget(&why);
	if (a->refused)
		log_say(LOG_ERR, "%s", line);
	else if (err)
		wait_for(a, line);
	for (int i = 0; err == -ENOENT && i < SHUNT_DOMAINS; i++)
		drop_rest(a, i); /* it was unloaded while nobody looked */
	if (err)
		return false;
	snprintf(a->why, sizeof(a->why), "starting");
	adopt_domains(a);
	return true;
}

void agent_begin_to_serve(struct agent *a)
{
	struct why why = { 0 };
	char line[400];

	a->role->serve(a);
	make_domains(a);
	if (!limits_allow_users(a, &why)) {
		why_line(&why, line, sizeof(line));
		log_say(LOG_WARNING, "%s", line);
		why_forget(&why);
	}
	a->addrs_due = true;
}

/* Looks whether interface and maps are those that we serve. */
void agent_check(struct agent *a)
{
	unsigned int was = a->ifindex;
	struct why why = { 0 };

	a->check_ns = a->now_ns + CHECK_NS;
	iface_look(a->opts.ifname, &a->ifindex, &a->mtu);
	if (a->maps.agent && a->ifindex != was) {
		why_fail(&why, -ENODEV, "interface '%s' went away", a->opts.ifname);
		agent_give_up(a, why_text(&why));
	} else if (a->maps.agent && !a->role->current(a, &why)) {
		agent_give_up(a, why_text(&why));
	}
	why_forget(&why);
	if (!a->maps.agent && find_shunt(a) && a->trial < 0 && !a->ending)
		agent_begin_to_serve(a);
	if (a->maps.agent && a->addrs_due && a->trial < 0 && !a->ending)
		addrs_refresh(a);
}

/* XDP redirects to what it finds in the map, and no further. */
static void put_back_sockets(struct agent *a)
{
	a->sockets_ns = a->now_ns + SOCKETS_NS;
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];
		int n;

		if (d->phase == DOMAIN_OFF || d->phase == DOMAIN_BUSY)
			continue;
		n = a->role->put_sockets(a, d);
		if (n < 0)
			log_say(LOG_ERR, "cannot put sockets of domain %d into the map 'xsks': %s",
				i, strerror(-n));
		if (n <= 0)
			continue;
		agent_of(d)->put_back += n;
		log_say(LOG_WARNING,
			"%d %s of domain %d %s missing in the map 'xsks' and %s put there again: "
			"find the program that removes them", n, plural(n, "socket", "sockets"), i,
			plural(n, "was", "were"), plural(n, "is", "are"));
	}
}

static void turn_domains(struct agent *a)
{
	a->busy = false;
	damage_check(a);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		worker_check(d, a->now_ns);
		if (d->phase == DOMAIN_RECLAIM)
			a->busy |= reclaim_turn(a, d);
	}
	if (a->now_ns >= a->make_ns)
		make_domains(a);
	if (a->now_ns >= a->sockets_ns)
		put_back_sockets(a);
}

static void turn(struct agent *a)
{
	a->now_ns = clock_ns();
	if (a->now_ns >= a->check_ns)
		agent_check(a);
	if (a->maps.agent) {
		turn_domains(a);
		a->role->turn(a);
	}
	if (a->maps.agent && a->now_ns >= a->watch_ns)
		a->role->watch(a);
	if (a->now_ns < a->tick_ns)
		return;
	a->tick_ns = a->now_ns + a->opts.tick_ms * 1000000ULL;
	if (a->maps.agent)
		a->role->tick(a);
	store_retry(a->store);
	peers_tick(a);
}

/* When the next turn is due; a watch in microseconds needs a wait in microseconds. */
static struct timespec timeout(const struct agent *a)
{
	__u64 now = clock_ns(), next = a->tick_ns < a->watch_ns ? a->tick_ns : a->watch_ns;

	if (a->busy || now >= next)
		return (struct timespec){ 0 };
	return (struct timespec){ (next - now) / 1000000000, (next - now) % 1000000000 };
}

/* Fills in the fixed descriptors, then workers' processes and
 * connections. Returns how many; who[]: the peer of each. */
static int gather(struct agent *a, struct pollfd *p, struct peer **who)
{
	int n = FD_FIXED;

	p[FD_KEEPER] = (struct pollfd){ .fd = a->keeper, .events = POLLIN };
	p[FD_SIGNALS] = (struct pollfd){ .fd = a->signals, .events = POLLIN };
	p[FD_NETLINK] = (struct pollfd){ .fd = a->netlink, .events = POLLIN };
	p[FD_LISTENER] = (struct pollfd){ .fd = peers_lets_in(a) ? a->listener : -1,
					  .events = POLLIN };
	p[FD_ROLE] = (struct pollfd){ .fd = a->role->fd(a), .events = POLLIN };
	for (int i = 0; i < PEERS_MAX; i++) {
		if (!peers_listens_to(&a->peer[i]))
			continue;
		who[n] = &a->peer[i];
		p[n++] = (struct pollfd){ .fd = a->peer[i].fd, .events = POLLIN };
	}
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase != DOMAIN_TAKEN && a->domain[i].phase != DOMAIN_LEFT)
			continue;
		who[n] = NULL; /* worker_check() looks */
		p[n++] = (struct pollfd){ .fd = a->domain[i].worker.process, .events = POLLIN };
	}
	return n;
}

/* False: it is time to end. */
bool agent_turn(struct agent *a)
{
	struct pollfd p[FD_FIXED + PEERS_MAX + SHUNT_DOMAINS];
	struct peer *who[FD_FIXED + PEERS_MAX + SHUNT_DOMAINS];
	struct timespec wait;
	int n;

	turn(a);
	if (a->refused)
		return false;
	n = gather(a, p, who);
	wait = timeout(a);
	if (ppoll(p, n, &wait, NULL) <= 0)
		return true;
	a->now_ns = clock_ns();
	if (p[FD_SIGNALS].revents)
		return false;
	if (p[FD_KEEPER].revents) {
		log_say(LOG_WARNING, "the keeper died: taking its place");
		a->role->stop(a);
		notify("MAINPID=%d", getpid());
		log_say(LOG_ERR, "cannot become the keeper: %s",
			strerror(-keeper_become(a->store, a->argv)));
		return false;
	}
	if (p[FD_NETLINK].revents && iface_changed(a->netlink)) {
		a->check_ns = 0;
		a->addrs_due = true;
	}
	for (int i = FD_FIXED; i < n; i++) {
		if (p[i].revents && who[i] && who[i]->fd == p[i].fd)
			peers_hear(a, who[i]);
	}
	if (p[FD_LISTENER].revents)
		peers_accept(a);
	if (p[FD_ROLE].revents)
		a->role->hear(a);
	return true;
}
