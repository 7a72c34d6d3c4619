// SPDX-License-Identifier: BSD-2-Clause
/*
 * room.c - finds room for regions in a place's memory
 *
 * Slots are the only record of the room that is taken: a region is taken while its slot has an
 * actor. So nothing has to be joined, and nothing gets lost, wherever a process dies. Who looks is
 * the only one who makes actors (make.c), so no room is taken meanwhile.
 */
#include <errno.h>
#include <fcntl.h>

#include "place.h"

#define PAGE 4096u

static uint64_t whole_pages(uint64_t n)
{
	return (n + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static bool has_actor(const struct place_slot *s)
{
	return __atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != PLACE_NONE;
}

static bool has_part_of(const struct place_slot *s, uint64_t at, uint32_t room)
{
	return s->room && s->at < at + room && at < s->at + s->room;
}

/* The first room of so many bytes that no other slot's actor has a part of; 0: there is none.
 * Regions lie more or less in the order of slots, so a second pass is seldom the last but one. */
static uint64_t find(const struct place *p, const struct place_slot *self, uint32_t room)
{
	uint64_t at = whole_pages(sizeof(struct place_head)), from;

	do {
		from = at;
		for (uint32_t i = 0; i < PLACE_ACTORS && at <= p->size; i++) {
			const struct place_slot *o = &p->head->slot[i];

			if (o != self && has_actor(o) && has_part_of(o, at, room))
				at = whole_pages(o->at + o->room);
		}
	} while (at != from);
	return at <= p->size && room <= p->size - at ? at : 0;
}

/* A word of a slot that counts for the next process: release, so stores before this one are there
 * if it is, wherever this process dies. */
static void set_room(struct place_slot *s, uint32_t room)
{
	__atomic_store_n(&s->room, room, __ATOMIC_RELEASE);
}

/* Slots without an actor had kept it until now. */
static void take_from_others(struct place *p, const struct place_slot *self, uint64_t at,
			     uint32_t room)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		struct place_slot *o = &p->head->slot[i];

		if (o != self && has_part_of(o, at, room))
			set_room(o, 0);
	}
}

/* At no store have two slots a part of one another's region: while "at" changes, "room" is 0. */
int place_give_region(struct place *p, struct place_slot *s, uint32_t room)
{
	uint64_t at;
	int err;

	if (room && s->room == room)
		return 0;
	at = room ? find(p, s, room) : 0;
	if (!at)
		return -ENOSPC;
	err = posix_fallocate(p->fd, at, room);
	if (err)
		return -err;
	take_from_others(p, s, at, room);
	set_room(s, 0);
	__atomic_store_n(&s->at, at, __ATOMIC_RELEASE);
	set_room(s, room);
	return 0;
}
