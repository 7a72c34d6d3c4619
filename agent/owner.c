// SPDX-License-Identifier: BSD-2-Clause
/*
 * owner.c - which domains a process may have, and whose the domains were: another user's worker
 * gets everything new
 *
 * The descriptors that a worker was given may be in other processes, too: in its children, or sent
 * on. The worker's user is to blame for those. So a user's next worker may get the same memory,
 * sockets and view, and no other user's may.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "domain.h"
#include "ledger_read.h"
#include "load.h"
#include "log.h"
#include "owner.h"
#include "phase.h"
#include "publish.h"
#include "role.h"
#include "shared.h"
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

void owner_explain_domain(const struct agent *a, const struct peer *p, __u32 domain, char *text,
			  size_t len)
{
	__u32 user = a->maps.domains[domain].user;

	if (user)
		snprintf(text, len,
			 "domain %u is for user %u alone ('user' in its configuration), not for "
			 "user %u",
			 domain, user - 1, p->uid);
	else
		snprintf(text, len,
			 "domain %u is not for user %u: start shuntd with '--user %u', or ask for "
			 "no domain",
			 domain, p->uid, p->uid);
}

void owner_explain_none(const struct agent *a, const struct peer *p, char *text, size_t len)
{
	__u32 pid = 0; /* of the first */
	bool any = false;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (!a->maps.domains[i].on || !owner_may_have(a, p, i))
			continue;
		any = true;
		if (!pid && a->domain[i].phase == DOMAIN_TAKEN)
			pid = a->domain[i].pool.state->worker_pid;
	}
	if (any)
		snprintf(text, len,
			 "each domain for user %u has a worker already (process %u): stop it or "
			 "add one",
			 p->uid, pid);
	else
		snprintf(text, len,
			 "each domain is for another user than %u, see 'user' in the configuration",
			 p->uid);
}

/* True: there is something to say of the domain. */
static bool explain_one(const struct domain *d, char *text, size_t len)
{
	switch (d->phase) {
	case DOMAIN_LEFT:
		snprintf(text, len,
			 "worker %u of domain %u said goodbye, and lives on: its domain is free "
			 "once it ends",
			 d->pool.state->worker_pid, d->id);
		return true;
	case DOMAIN_RECLAIM:
		snprintf(text, len,
			 "what the last worker of domain %u left is being counted: again in a "
			 "second",
			 d->id);
		return true;
	case DOMAIN_BUSY:
		snprintf(text, len,
			 "queue %u is still held by a process of before: see the messages of "
			 "shuntd",
			 domain_queue(d));
		return true;
	case DOMAIN_OFF:
		snprintf(text, len,
			 "domain %u cannot be served now: see the messages of shuntd for the "
			 "reason",
			 d->id);
		return d->why[0];
	case DOMAIN_FREE:
	case DOMAIN_TAKEN:
		break;
	}
	return false;
}

void owner_explain(const struct agent *a, const struct peer *p, char *text, size_t len)
{
	for (int i = 0; a->maps.agent && i < SHUNT_DOMAINS; i++) {
		if (a->maps.domains[i].on && owner_may_have(a, p, i) &&
		    (p->want == SHUNT_ANY_DOMAIN || p->want == (__u32)i) &&
		    explain_one(&a->domain[i], text, len))
			return;
	}
	snprintf(text, len, "its domain is not ready: see the messages of shuntd");
}

/* While nothing is loaded, nobody can know whether there will be a domain for that user. */
int owner_explain_stranger(const struct agent *a, uid_t uid, char *text, size_t len)
{
	if (!a->maps.agent && a->role->names_users) {
		snprintf(text, len,
			 "shunt is not loaded on '%s': no domain is for user %u yet, nor is "
			 "'--user %u' given",
			 a->opts.ifname, uid, uid);
		return -ENODEV;
	}
	snprintf(text, len, "user %u is not allowed: start shuntd with '--user %u'", uid, uid);
	return -EACCES;
}

static bool was_others(__u32 owner, uid_t uid)
{
	return owner && owner != uid + 1;
}

/* Requests that wait in the rings are counted lost when the new rings are made. */
static void renew_rings(struct agent *a, struct domain *d, uid_t uid)
{
	log_say(LOG_INFO,
		"domain %u gets new memory and sockets: user %u had the former ones, and user %u "
		"comes", d->id, d->pool.state->owner - 1, uid);
	domain_empty_frames(d);
	domain_give_up(d);
	d->former.since_ns = a->now_ns;
	a->make_ns = a->now_ns;
}

static int renew_view(struct agent *a, struct domain *d)
{
	struct shared *s = shared_of(a);
	int err = view_renew(d, &a->pins);

	if (err) {
		log_say(LOG_ERR,
			"cannot make a new view for domain %u: %s; nobody but user %u may have it",
			d->id, strerror(-err), agent_of(d)->view_user - 1);
		return err;
	}
	domain_set_up(d, 0);
	domain_set_right(d, &LEDGER_ALL_DEAD);
	load_publish(a, d->id, d->pool.r.view);
	poke(d->pool.r.view->policy_gen, s->policy.msg.gen);
	agent_of(d)->view_user = 0;
	if (s->publisher) { /* it has views of its own */
		publish_stop(s->publisher);
		s->publisher = publish_start(&a->pins, &a->maps, a->opts.publish_us,
					     a->opts.card_delay_us);
	}
	return 0;
}

bool owner_ready(struct agent *a, struct peer *p, struct domain *d)
{
	if (was_others(d->pool.state->owner, p->uid)) {
		renew_rings(a, d, p->uid);
		return false;
	}
	if (!was_others(agent_of(d)->view_user, p->uid) || !renew_view(a, d))
		return true;
	p->waits = "no new view can be made, and the present one was another user's: see the "
		   "messages of shuntd";
	return false;
}
