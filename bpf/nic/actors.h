/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * actors.h - what became of each actor's requests at the NIC
 *
 * Counted where the class counts it. Where no rule names an actor nothing of this is there
 * (nic_has_actors).
 */
#pragma once

#include "exclusive.h"

enum actor_end { ACTOR_DONE, ACTOR_NOREPLY, ACTOR_LOST, ACTOR_EXPIRED };

/* A request of the actor has ended. */
__noinline int count_end(__u32 word, __u32 how)
{
	struct shunt_nic_actor *a = get_actor(word);

	if (!a)
		return 0;
	a->done += how == ACTOR_DONE || how == ACTOR_NOREPLY;
	a->noreply += how == ACTOR_NOREPLY;
	a->lost += how == ACTOR_LOST;
	a->expired += how == ACTOR_EXPIRED;
	if (!(word & SHUNT_NIC_EXCLUSIVE))
		return 1;
	if (how != ACTOR_EXPIRED)
		return exclusive_ends(word, 0);
	a->ticket = 0; /* what expires is in the queue of its class */
	return next_ticket(word, 0);
}

/* The request has ended; it may have no actor. */
static __always_inline void actor_end(__u32 word, enum actor_end how)
{
	if (nic_has_actors && word)
		count_end(word, how);
}

/* --- at its arrival --------------------------------------------------------------------------- */

#define ACTOR_REFUSED 0x10000 /* there is no such actor, or not here */

/* A request for the actor of a row, + 1; 0: for none. Its word, for the slot. */
__noinline __u32 actor_comes(__u32 actor)
{
	__u32 nr = actor - 1;
	struct shunt_actor_in *count = bpf_map_lookup_elem(&actor_in, &nr);
	void *row = bpf_map_lookup_elem(&actors, &nr);
	__u64 has;

	if (!actor)
		return 0;
	if (!count || !row)
		return ACTOR_REFUSED;
	has = *(volatile __u64 *)row;
	count->arrived++;
	if (SHUNT_ROW_STATE(has) != SHUNT_ACTOR_HERE)
		count->none++;
	else if (SHUNT_ROW_DOMAIN(has))
		count->away++;
	else
		return SHUNT_ROW_EXCLUSIVE(has) ? actor | SHUNT_NIC_EXCLUSIVE : actor;
	return ACTOR_REFUSED;
}

/* The request goes no further, for one of these reasons, or none; 0 or 1 each. actor: as above. */
__noinline int actor_stays_out(__u32 actor, __u32 rejected, __u32 dropped, __u32 passed)
{
	__u32 nr = actor - 1;
	struct shunt_actor_in *count = bpf_map_lookup_elem(&actor_in, &nr);

	if (!count)
		return 0;
	count->rejected += rejected;
	count->dropped += dropped;
	count->passed += passed;
	return 0;
}

/* --- tokens of a process that is gone --------------------------------------------------------- */

#define GIVE_BACK 32 /* slots with one frame */

/* Slots of tokens whose process is gone are free again, once each is counted for its actor; for its
 * class it is. */
__noinline int give_back(void)
{
	struct shunt_nic *n = get_nic();
	struct shunt_nic_slot *s;
	__u32 slot;

	if (!n)
		return 0;
	for (int i = 0; i < GIVE_BACK; i++) {
		slot = n->gone;
		s = get_slot(slot);
		if (!slot || !s)
			break;
		n->gone = s->next;
		n->queued--;
		actor_end(s->actor, ACTOR_LOST);
		free_slot(slot);
	}
	return 0;
}
