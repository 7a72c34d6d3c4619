// SPDX-License-Identifier: BSD-2-Clause
/*
 * owner.c - which domains a process may have, and whose they were: another user's worker gets everything new
 *
 * What a worker was given, other processes may have, too: its children, or whomever it sent a descriptor. They are of
 * its user's making. So a user's next worker may get the same memory, sockets and view, and no other user's may.
 */
#include <errno.h>
#include <string.h>

#include "host.h"
#include "log.h"
#include "owner.h"
#include "view.h"

bool owner_may_have(const struct agent *a, const struct peer *p, __u32 domain)
{
	__u32 user = a->maps.domains[domain].user;

	return user ? user == p->uid + 1 : p->allowed;
}

bool owner_has_domain(const struct agent *a, uid_t uid)
{
	for (int i = 0; a->maps.agent && i < SHUNT_DOMAINS; i++) {
		if (a->maps.domains[i].on && a->maps.domains[i].user == uid + 1)
			return true;
	}
	return false;
}

static bool was_others(__u32 owner, uid_t uid)
{
	return owner && owner != uid + 1;
}

/* What waits in the rings is counted lost when the new ones are made. */
static void renew_rings(struct agent *a, struct domain *d, uid_t uid)
{
	say(LOG_INFO, "domain %u gets new memory and sockets: user %u had the former ones, and user %u comes", d->id,
	    d->state->owner - 1, uid);
	domain_give_up(d);
	d->absent_ns = a->now_ns;
	a->make_ns = a->now_ns;
}

static int renew_view(struct agent *a, struct domain *d)
{
	int err = view_renew(d, &a->pins);

	if (err) {
		say(LOG_ERR, "cannot make a new view for domain %u: %s; nobody but user %u may have it", d->id,
		    strerror(-err), agent_of(d)->view_user - 1);
		return err;
	}
	domain_set_up(d, 0);
	domain_set_right(d);
	load_publish(a, d->id, d->r.view);
	poke(d->r.view->policy_gen, a->policy.msg.gen);
	agent_of(d)->view_user = 0;
	if (a->publisher) { /* it has views of its own */
		publish_stop(a->publisher);
		a->publisher = publish_start(&a->pins, &a->maps, a->opts.publish_us, a->opts.card_delay_us);
	}
	return 0;
}

/* On a host the view is the program's: it is loaded anew. */
static bool ready_on_host(struct agent *a, const struct peer *p)
{
	if (a->wire_user && a->wire_user != p->uid + 1) {
		a->renew = true;
		a->check_ns = a->now_ns;
		return false;
	}
	a->wire_user = p->uid + 1;
	return true;
}

bool owner_ready(struct agent *a, const struct peer *p, struct domain *d)
{
	if (a->opts.role == ROLE_HOST)
		return ready_on_host(a, p);
	if (was_others(d->state->owner, p->uid)) {
		renew_rings(a, d, p->uid);
		return false;
	}
	return !was_others(agent_of(d)->view_user, p->uid) || !renew_view(a, d);
}
