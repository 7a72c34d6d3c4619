/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - an actor is one core's at a time: a word in the place's memory, taken for every message
 */
#pragma once

#include "place.h"

#define PLACE_MAKER 254 /* as a core: who makes the actor */

/* The holder goes on to the next message: the lock names that one. */
static inline void place_relock(struct shunt_actor *a)
{
	__atomic_store_n(&a->slot->lock, PLACE_LOCK(a->place->process, a->core, ++a->messages),
			 __ATOMIC_RELAXED);
}

/* False: another core has it. */
static inline bool place_lock(struct shunt_actor *a, unsigned int core)
{
	uint64_t nobody = 0;

	if (!__atomic_compare_exchange_n(&a->slot->lock, &nobody,
					 PLACE_LOCK(a->place->process, core, 0), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	a->core = core;
	place_relock(a);
	return true;
}

static inline void place_unlock(struct shunt_actor *a)
{
	/* Release: the next holder sees what this one did to the state. */
	__atomic_store_n(&a->slot->lock, 0, __ATOMIC_RELEASE);
}
