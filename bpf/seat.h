/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * seat.h - a request for a domain that shares its CPU: if another domain is on, this one wants the
 * seat from now on, and who is on is told to look
 *
 * Included behind the maps.
 */
#pragma once

#include <shunt/policy.h>
#include <shunt/seat.h>

static __always_inline struct shunt_seats *find_seats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&seats, &zero);
}

static __always_inline struct shunt_seat *find_seat(__u32 seat)
{
	struct shunt_seats *all = find_seats();

	return all && seat < SHUNT_SEATS ? &all->seat[seat] : NULL;
}

/* The domain, if it has cores on several seats, gets the next one of them whose core that is on has
 * nothing to do. */
static __always_inline void seat_hunger(struct shunt_seats *all, __u32 domain)
{
	__u32 bit = SHUNT_SEAT_WANT(domain);

	if (all->several & bit && !(*(volatile __u32 *)&all->hungry & bit))
		__sync_fetch_and_or(&all->hungry, bit);
}

/* The core that is on looks at the word at its next safepoint: others want the seat. */
static __always_inline void seat_look(const struct shunt_seat *s, __u64 word)
{
	__u32 domain = SHUNT_SEAT_ON(word) - 1;
	struct shunt_view *view = domain < SHUNT_DOMAINS ? find_view(domain) : NULL;

	if (view)
		__sync_lock_test_and_set(
			&view->core[shunt_index(s->core[domain], SHUNT_CORES)].mark.look, 1);
}

/* Does the core that is on say that it has nothing to do? Then it leaves at once. A read of the
 * line in which it says so, which it then has to fetch back before it leaves: so it is read where
 * it matters alone. */
static __always_inline int seat_is_idle(const struct shunt_seat *s, __u64 word)
{
	__u32 domain = SHUNT_SEAT_ON(word) - 1;
	struct shunt_view *view = domain < SHUNT_DOMAINS ? find_view(domain) : NULL;

	return view && *(volatile __u64 *)&view->idle >>
			       shunt_index(s->core[domain], SHUNT_CORES) & 1;
}

/* The domain wants the seat, unless it is on or is known to want it. 1: it did not before. */
static __always_inline int seat_want(struct shunt_seat *s, __u32 domain)
{
	__u64 bit = SHUNT_SEAT_WANT(domain), word = *(volatile __u64 *)&s->word;

	if (SHUNT_SEAT_ON(word) == domain + 1 || word & bit)
		return 0;
	word = __sync_fetch_and_or(&s->word, bit);
	if (word & bit)
		return 0;
	seat_look(s, word);
	return 1;
}

static __always_inline struct shunt_seat *seat_of(const struct shunt_domain *dom, __u32 core)
{
	return find_seat(dom->seat[shunt_index(core, SHUNT_CORES)] - 1);
}

/*
 * ARRIVE. The request has been counted at "count", which is this queue's alone. The exchange, of
 * the count for itself, is a full barrier: a worker that does not see the count when it gives the
 * seat up, or is about to block, has a word that is seen here. As seat_want().
 */
static __always_inline int seat_arrive(const struct shunt_domain *dom, __u32 domain, __u32 core,
				       __u32 *count)
{
	struct shunt_seat *s = seat_of(dom, core);

	if (!s)
		return 0;
	__sync_lock_test_and_set(count, *count);
	return seat_want(s, domain);
}

/* Behind that, where it said 1: has the domain the core's seat, or soon? */
static __always_inline int seat_comes(const struct shunt_domain *dom, __u32 domain, __u32 core)
{
	struct shunt_seat *s = seat_of(dom, core);
	__u64 word = s ? *(volatile __u64 *)&s->word : 0;

	return s && (SHUNT_SEAT_ON(word) == domain + 1 || seat_is_idle(s, word));
}

/* The core whose seat a held request wants. Where that one is off, and the domain has several
 * seats, it is one that is up. */
static __always_inline __u32 seat_home(const struct shunt_domain *dom, __u64 up)
{
	__u32 home = shunt_index(dom->home, SHUNT_CORES);

	return up && !(up >> home & 1) ? shunt_first(up) : home;
}

/* Behind seat_arrive() of a held request, where home is not had soon: a core of the domain that is
 * away could take it, and none is there and idle. */
static __always_inline void seat_held(const struct shunt_view *view, __u32 domain, __u64 up)
{
	__u64 away = *(const volatile __u64 *)&view->away & up;
	struct shunt_seats *all;

	if (!away || shunt_idle(view) & ~away)
		return;
	all = find_seats();
	if (all)
		seat_hunger(all, domain);
}
