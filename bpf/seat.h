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

static __always_inline struct shunt_seat *find_seat(__u32 seat)
{
	__u32 zero = 0;
	struct shunt_seats *all = bpf_map_lookup_elem(&seats, &zero);

	return all && seat < SHUNT_SEATS ? &all->seat[seat] : NULL;
}

/* The core that is on looks at the word at its next safepoint: others want the seat. */
static __always_inline void seat_look(const struct shunt_seat *s, __u64 word)
{
	__u32 domain = SHUNT_SEAT_ON(word) - 1;
	struct shunt_view *view;

	if (domain >= SHUNT_DOMAINS)
		return;
	view = find_view(domain);
	if (view)
		__sync_lock_test_and_set(
			&view->core[shunt_index(s->core[domain], SHUNT_CORES)].mark.look, 1);
}

/* The domain wants the seat, unless it is on or is known to want it. */
static __always_inline void seat_want(struct shunt_seat *s, __u32 domain)
{
	__u64 bit = SHUNT_SEAT_WANT(domain), word = *(volatile __u64 *)&s->word;

	if (SHUNT_SEAT_ON(word) == domain + 1 || word & bit)
		return;
	word = __sync_fetch_and_or(&s->word, bit);
	if (!(word & bit))
		seat_look(s, word);
}

/*
 * ARRIVE. The request has been counted at "count", which is this queue's alone. The exchange, of
 * the count for itself, is a full barrier: a worker that does not see the count when it gives the
 * seat up, or is about to block, has a word that is seen here.
 */
static __always_inline void seat_arrive(const struct shunt_domain *dom, __u32 domain, __u32 core,
					__u32 *count)
{
	struct shunt_seat *s = find_seat(dom->seat[shunt_index(core, SHUNT_CORES)] - 1);

	if (!s)
		return;
	__sync_lock_test_and_set(count, *count);
	seat_want(s, domain);
}
