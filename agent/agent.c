// SPDX-License-Identifier: BSD-2-Clause
/*
 * agent.c - what is there to be served: interface, maps, domains
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addrs.h"
#include "agent.h"
#include "domain.h"
#include "due.h"
#include "former.h"
#include "iface.h"
#include "limits.h"
#include "log.h"
#include "maps.h"
#include "nudge.h"
#include "peers.h"
#include "phase.h"
#include "plural.h"
#include "role.h"
#include "store.h"
#include "xsk.h"
#include "zerocopy.h"

#define CHECK_NS 100000000ULL /* between looks at pins that cannot be watched */
#define PATIENCE_NS 1000000000ULL
#define MAKE_NS 50000000ULL   /* rings of before may be gone */
#define SOCKETS_NS 500000000ULL /* somebody may have taken sockets out of the map */

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
	if (err == -ENOSYS) {
		why_fail(why, err, "this kernel does not map the rings of bound AF_XDP sockets, so "
			 "they cannot be handed to workers: needs Linux 6.4");
		return;
	}
	if (a->maps.cfg.flags & SHUNT_CFG_ZEROCOPY && xsk_is_refusal(err)) {
		zerocopy_refused(why, a->opts.ifname, domain_queue(d), err);
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
	log_say(LOG_INFO, "domain %u, queue %u%s: %u %s, %u %s, %u frames of %u bytes, %s", d->id,
		domain_queue(d), many, g->ncores, plural(g->ncores, "core", "cores"), g->nclasses,
		plural(g->nclasses, "class", "classes"), g->nframes, g->chunk,
		agent_of(d)->zero_copy ? "zero copy" : "copy");
}

void agent_make_domains(struct agent *a)
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
	agent_make_domains(a);
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

	a->check_ns = nudge_follow(a) ? ~0ULL : a->now_ns + CHECK_NS;
	a->checked_ns = a->now_ns;
	if (a->role->machine)
		a->ifindex = 1; /* there is always one */
	else
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
void agent_put_back_sockets(struct agent *a)
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
