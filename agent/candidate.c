// SPDX-License-Identifier: BSD-2-Clause
/*
 * candidate.c - can we use the descriptors that another
 * shuntd holds? Checked before that one is asked to stop
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "candidate.h"
#include "domain.h"
#include "lock.h"
#include "maps.h"
#include "netns.h"
#include "options.h"
#include "role.h"
#include "state.h"
#include "store.h"

int candidate_look(const struct options *o, const struct store *s, struct load_seen *l,
		   struct why *why)
{
	struct shunt_pins pins = { .bpffs = o->bpffs, .ifname = o->ifname };
	struct maps *m = &l->m;
	__u64 own;
	int err;

	if (store_has(s, "wire.") && store_has(s, "d"))
		return why_fail(why, -EINVAL, "it has another --role");
	err = maps_open(m, &pins, why);
	if (err == -ENOENT) {
		why_forget(why);
		return 0; /* it waits for the load, and so shall we */
	}
	if (err)
		return err;
	if (!shunt_netns_cookie(&own) && (own != m->cfg.netns || l->ifindex != m->cfg.ifindex))
		err = why_fail(why, -EXDEV, "what is pinned as '%s' is loaded in another network "
			       "namespace, or on another interface", o->ifname);
	else if (!lock_load_stands(s, &pins))
		err = why_fail(why, -ESTALE, "it serves another load than the one that is pinned "
			       "as '%s'", o->ifname);
	l->on = true;
	l->map_id = m->id;
	return err;
}

static const char *state_misfit_of(const struct load_seen *l, const struct domain_state *state,
				   int fd, __u32 d)
{
	const char *wrong = "is of a load that is gone";

	if (l->on)
		wrong = state_misfit(fd, state, l->map_id, l->ifindex);
	if (!wrong && l->m.domains && !l->m.domains[d].on)
		wrong = "is of a queue that is not served any more";
	if (!wrong && l->m.domains &&
	    !domain_geometry_serves(&state->geo, &l->m.cfg, &l->m.domains[d]))
		wrong = "was made for another configuration";
	return wrong;
}

/* *unfinished: its shuntd makes it now, or died over that. */
static const char *domain_misfit(const struct store *s, int fd, const struct load_seen *l, __u32 d,
				 bool *unfinished)
{
	struct domain_state *state = mmap(NULL, STATE_ROOM, PROT_READ, MAP_SHARED, fd, 0);
	char name[STORE_NAME];
	const char *wrong;

	if (state == MAP_FAILED)
		return "cannot be read";
	wrong = state_misfit_of(l, state, fd, d);
	*unfinished = wrong && !state->ready;
	for (__u32 k = 0; !wrong && k < sockets_of(&state->geo) && k < SHUNT_SLOTS; k++) {
		snprintf(name, sizeof(name), "d%u.s%u", d, k);
		wrong = store_get(s, name) < 0 ? "lacks a socket" : NULL;
	}
	munmap(state, STATE_ROOM);
	return wrong;
}

static int check_domain(struct store *s, const struct load_seen *l, __u32 d, bool prune,
			struct why *why)
{
	char name[STORE_NAME];
	bool unfinished = false;
	const char *wrong;
	int fd;

	snprintf(name, sizeof(name), "d%u.state", d);
	fd = store_get(s, name);
	wrong = fd < 0 ? NULL : domain_misfit(s, fd, l, d, &unfinished);
	if (!wrong)
		return 0;
	if (!prune)
		return why_fail(why, unfinished ? -EAGAIN : -EINVAL,
				"what it remembers of domain %u "
				"%s",
				d, wrong);
	snprintf(name, sizeof(name), "d%u.", d);
	store_drop(s, name);
	return 0;
}

int candidate_check(const struct options *o, struct store *s, bool prune, struct why *why)
{
	struct load_seen l = { .ifindex = if_nametoindex(o->ifname) };
	int err;

	maps_none(&l.m);
	err = o->role->look(o, s, &l, why);
	if (err && prune) { /* nothing of it is of use */
		why_forget(why);
		l.on = false;
		err = 0;
	}
	for (__u32 d = 0; !err && d < SHUNT_DOMAINS; d++)
		err = check_domain(s, &l, d, prune, why);
	maps_close(&l.m);
	return err;
}
