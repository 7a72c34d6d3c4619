/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * region.h - the state and objects of an actor, in its part of the place's memory
 *
 * Others may have written to the region: what is read there is bounded by "room", which is not read
 * there. A wrong id, or a wild store of the actor's own, never leads outside of it.
 */
#pragma once

#include <stddef.h>

#include "layout.h"

/* Bytes that a region needs for a state of that size and nothing else. */
static inline uint64_t region_least(uint32_t state)
{
	uint64_t units = ((uint64_t)state + REGION_UNIT - 1) / REGION_UNIT;

	return sizeof(struct region) + units * REGION_UNIT;
}

/* A new region of "room" bytes, for a state of 0s. -1: it is too small. */
int region_make(struct region *r, uint32_t room, uint32_t state);
/* Is it a region of that size with such a state? */
int region_fits(const struct region *r, uint32_t room, uint32_t state);
void *region_state(struct region *r);
/* The id of a new object; 0: no room. Its bytes are not cleared. */
uint32_t region_alloc(struct region *r, uint32_t room, uint32_t bytes);
void region_free(struct region *r, uint32_t room, uint32_t id);
/* NULL: there is no such object, or it has fewer bytes. */
void *region_at(struct region *r, uint32_t room, uint32_t id, uint32_t bytes);
