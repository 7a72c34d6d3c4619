// SPDX-License-Identifier: BSD-2-Clause
/*
 * limits.c - what RLIMIT_NOFILE allows: open files, and
 * descriptors in messages that nobody has read yet
 *
 * shuntd raises its limit as far as it may (rights.c). Where that is 1024, a few domains with many
 * cores are all that fits: what would not leave room for the rest is refused by that limit's name.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "agent.h"
#include "limits.h"
#include "options.h"
#include "phase.h"

#define OWN 64            /* what the agent has open besides: pins,
			   * locks, listeners, the store's socket … */
#define OF_DOMAIN 6       /* state, memory, view, the worker's pidfd,
			   * the former's, a view that is made anew */
#define OF_SEAT 3         /* a domain's sockets for one (seats.c) */
#define OF_CONNECTION 2   /* the socket, and its process's pidfd */
#define CONNECTIONS (SHUNT_DOMAINS + 16) /* workers, and some that come: the
					  * least that there is room for */
#define STRANGERS_MAX (PEERS_MAX - SHUNT_DOMAINS)

static unsigned int limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return 1024;
	return lim.rlim_cur < 1U << 20 ? lim.rlim_cur : 1U << 20;
}

static unsigned int seats_of(const struct agent *a, __u32 domain)
{
	unsigned int n = 0;

	for (int i = 0; a->maps.domains && i < SHUNT_CORES; i++)
		n += a->maps.domains[domain].seat[i] != 0;
	return n;
}

unsigned int limits_given(const struct agent *a, const struct domain *d)
{
	return SHUNT_FD_SOCKETS + sockets_of(&d->pool.r.geo) + 1 + OF_SEAT * seats_of(a, d->id);
}

static bool is_made(const struct domain *d)
{
	return d->phase != DOMAIN_OFF && d->phase != DOMAIN_BUSY;
}

unsigned int limits_most_given(const struct agent *a)
{
	unsigned int most = 0, n;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		n = is_made(&a->domain[i]) ? limits_given(a, &a->domain[i]) : 0;
		most = n > most ? n : most;
	}
	return most;
}

unsigned int limits_under_way(void)
{
	return limit() / 2;
}

/* Descriptors of all domains that are made, except one. */
static unsigned int open_for_domains(const struct agent *a, const struct domain *but)
{
	unsigned int n = OWN;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (&a->domain[i] != but && is_made(&a->domain[i]))
			n += OF_DOMAIN + sockets_of(&a->domain[i].pool.r.geo) +
			     OF_SEAT * seats_of(a, i);
	}
	return n;
}

bool limits_allow(const struct agent *a, const struct domain *d, unsigned int sockets,
		  struct why *why)
{
	unsigned int need = open_for_domains(a, d) + OF_DOMAIN + sockets +
			    OF_CONNECTION * CONNECTIONS;

	if (need <= limit())
		return true;
	why_hint(why, "raise the hard limit ('ulimit -Hn', LimitNOFILE=)");
	why_fail(why, -EMFILE, "no room for the %u sockets of domain %u: shuntd may have %u files "
		 "open (RLIMIT_NOFILE) and needs %u", sockets, d->id, limit(), need);
	return false;
}

unsigned int limits_strangers(const struct agent *a)
{
	unsigned int used = open_for_domains(a, NULL) + OF_CONNECTION * SHUNT_DOMAINS,
		     all = limit();
	unsigned int n = used < all ? (all - used) / OF_CONNECTION : 0;

	return n < STRANGERS_MAX ? n : STRANGERS_MAX;
}

#define USERS_AT (1 + ALLOW_MAX + SHUNT_DOMAINS)

/* The i-th user of those let in by name (root always is), + 1. 0: there is none. */
static __u32 user_at(const struct agent *a, unsigned int i)
{
	if (!i)
		return 1;
	if (--i < ALLOW_MAX)
		return i < a->opts.nusers ? a->opts.user[i] + 1 : 0;
	i -= ALLOW_MAX;
	return a->maps.domains && a->maps.domains[i].on ? a->maps.domains[i].user : 0;
}

bool limits_knows(const struct agent *a, uid_t uid)
{
	for (unsigned int i = 0; i < USERS_AT; i++) {
		if (user_at(a, i) == uid + 1)
			return true;
	}
	return false;
}

unsigned int limits_users(const struct agent *a, uid_t but,
			  bool (*counts)(const struct agent *a, uid_t uid))
{
	unsigned int n = 0, k;

	for (unsigned int i = 0; i < USERS_AT; i++) {
		__u32 user = user_at(a, i);

		for (k = 0; k < i && user_at(a, k) != user; k++)
			;
		n += user && k == i && user != but + 1 && (!counts || counts(a, user - 1));
	}
	return n;
}

bool limits_allow_users(const struct agent *a, struct why *why)
{
	unsigned int most = limits_most_given(a), users = limits_users(a, -1, NULL);

	if (users * most <= limits_under_way())
		return true;
	why_hint(why, "raise the hard limit ('ulimit -Hn', LimitNOFILE=) to %u", 2 * users * most);
	why_fail(why, -EMFILE, "workers of %u users that read nothing of what they are given can "
		 "keep another's waiting: of %u descriptors each, %u may be under way (half of "
		 "RLIMIT_NOFILE)", limits_under_way() / most, most, limits_under_way());
	return false;
}
