/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * actors.h - what became of each actor's requests at the NIC
 *
 * Counted where the class counts it. Where no rule names an actor nothing of this is there
 * (nic_has_actors).
 */
#pragma once

#include "slots.h"

enum actor_end { ACTOR_DONE, ACTOR_NOREPLY, ACTOR_LOST, ACTOR_EXPIRED };

/* A request of the actor of that row, + 1, has ended. */
__noinline int count_end(__u32 actor, __u32 how)
{
	__u32 nr = actor - 1;
	struct shunt_nic_actor *a = bpf_map_lookup_elem(&nic_actors, &nr);

	if (!a)
		return 0;
	a->done += how == ACTOR_DONE || how == ACTOR_NOREPLY;
	a->noreply += how == ACTOR_NOREPLY;
	a->lost += how == ACTOR_LOST;
	a->expired += how == ACTOR_EXPIRED;
	return 1;
}

/* The request has ended; it may have no actor. */
static __always_inline void actor_end(__u32 actor, enum actor_end how)
{
	if (nic_has_actors && actor)
		count_end(actor, how);
}

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
