// SPDX-License-Identifier: BSD-2-Clause
/*
 * region.c - allocates the objects of an actor, and finds them by their ids
 *
 * Sizes are in steps of a quarter of a power of two, so a quarter of an object at most is unused;
 * of each size there is a list of free ones. Nothing is joined: an actor's objects come in few
 * sizes.
 */
#include <string.h>

#include "region.h"

#define LEAST 16

/* The list of the least size that holds so many bytes, and that size. */
static uint32_t list_of(uint32_t bytes, uint32_t *size)
{
	uint32_t top, step;

	if (bytes <= 4 * LEAST) { /* 16, 32, 48, 64 */
		uint32_t n = bytes ? (bytes - 1) / LEAST : 0;

		*size = (n + 1) * LEAST;
		return n;
	}
	top = 31 - __builtin_clz(bytes - 1); /* 2^top < bytes <= 2^(top + 1) */
	step = (bytes - 1 - (1u << top)) >> (top - 2);
	*size = (1u << top) + ((step + 1) << (top - 2));
	return 4 + (top - 6) * 4 + step;
}

static uint32_t first_of(uint32_t state)
{
	return region_least(state);
}

/* Where the region's objects end, as far as that can be true. */
static uint32_t end_of(const struct region *r, uint32_t room)
{
	return r->used < room ? r->used : room;
}

/* The object of the id, if it lies within; NULL: it does not. */
static struct region_object *object(struct region *r, uint32_t room, uint32_t id)
{
	uint64_t at = (uint64_t)id * REGION_UNIT, end = end_of(r, room);
	struct region_object *o;

	if (at < region_least(r->state) + sizeof(*o) || at > end)
		return NULL;
	o = (struct region_object *)((char *)r + at) - 1;
	return o->bytes <= end - at ? o : NULL;
}

int region_make(struct region *r, uint32_t room, uint32_t state)
{
	if (room < region_least(state) || room % REGION_UNIT)
		return -1;
	memset(r, 0, first_of(state));
	r->magic = REGION_MAGIC;
	r->size = room;
	r->state = state;
	r->used = first_of(state);
	return 0;
}

int region_fits(const struct region *r, uint32_t room, uint32_t state)
{
	return r->magic == REGION_MAGIC && r->size == room && r->state == state &&
	       r->used <= room && r->used >= region_least(state);
}

void *region_state(struct region *r)
{
	return r + 1;
}

/* The first free object of a list, taken out; NULL: there is none that makes sense. */
static struct region_object *take_free(struct region *r, uint32_t room, uint32_t list,
				       uint32_t size)
{
	struct region_object *o = object(r, room, r->list[list]);

	if (!o || o->mark != REGION_FREE || o->bytes < size) {
		r->list[list] = 0;
		return NULL;
	}
	r->list[list] = o->next;
	return o;
}

uint32_t region_alloc(struct region *r, uint32_t room, uint32_t bytes)
{
	struct region_object *o;
	uint32_t size, list;

	if (bytes > room)
		return 0;
	list = list_of(bytes, &size);
	o = list < REGION_LISTS && r->list[list] ? take_free(r, room, list, size) : NULL;
	if (!o) {
		uint32_t end = end_of(r, room);

		if (list >= REGION_LISTS || end % REGION_UNIT || end < sizeof(*r) ||
		    (uint64_t)size + sizeof(*o) > room - end)
			return 0;
		o = (struct region_object *)((char *)r + end);
		o->bytes = size;
		o->pad = 0;
		r->used = end + sizeof(*o) + size;
	}
	o->next = 0;
	o->mark = REGION_LIVE;
	return ((char *)(o + 1) - (char *)r) / REGION_UNIT;
}

void region_free(struct region *r, uint32_t room, uint32_t id)
{
	struct region_object *o = object(r, room, id);
	uint32_t size, list;

	if (!o || o->mark != REGION_LIVE)
		return;
	list = list_of(o->bytes, &size);
	if (list >= REGION_LISTS || size != o->bytes)
		return;
	o->mark = REGION_FREE;
	o->next = r->list[list];
	r->list[list] = id;
}

void *region_at(struct region *r, uint32_t room, uint32_t id, uint32_t bytes)
{
	struct region_object *o = object(r, room, id);

	return o && o->mark == REGION_LIVE && bytes <= o->bytes ? o + 1 : NULL;
}
