// SPDX-License-Identifier: BSD-2-Clause
/*
 * actor_memory.c - a place's memory that somebody has written to, then ids, messages and objects by
 * any number: nothing leads outside of the memory, or of an actor's region
 */
/* link: hostlib/actor/[!s]*.c */
/* flags: -DSHUNT_ACTOR_ALONE */
#include <stdio.h>
#include <unistd.h>

#include "input.h"

#include "hostlib/actor/place.h"
#include "hostlib/actor/region.h"

#define SIZE (1u << 20)
#define STATE 64
#define PATCHES 32
#define STEPS 64

static struct place *p;
static struct input in;
static char path[64];
static uint32_t known[3]; /* ids of the actors that there were */

/* As the input says: an object by any id is within the region, and all its bytes are. */
static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	char *begin = (char *)self->region, *end = begin + self->room;
	uint32_t id = take32(&in), bytes = take16(&in);
	uint8_t *at;

	if (take8(&in) & 1)
		id = shunt_object_alloc(self, bytes);
	at = shunt_object_at(self, id, bytes);
	MUST(!at || ((char *)at >= begin + sizeof(struct region) + STATE &&
		     (char *)at + bytes <= end));
	if (at)
		memset(at, 0x5a, bytes);
	if (take8(&in) & 1)
		shunt_object_free(self, id);
	if (take8(&in) & 1)
		shunt_tell_after(self, take8(&in), 1, 2);
	return take8(&in) & 7 ? 4 : SHUNT_LATER;
}

static const struct shunt_actor_kind one = { .name = "one", .version = 1, .state = STATE,
					      .memory = 8192, .handle = handle };
static const struct shunt_actor_kind two = { .name = "two", .version = 1, .state = STATE,
					      .memory = 4096, .handle = handle,
					      .flags = SHUNT_ACTOR_KEEP };
static const struct shunt_actor_kind *const kinds[] = { &one, &two, NULL };

static int open_place(void)
{
	struct shunt_actor_opts opts = { .memory = path, .size = SIZE, .kinds = kinds };

	return place_open(&p, &opts);
}

/* A memory with three actors, some with objects. */
static void make(void)
{
	MUST(!open_place());
	MUST(!place_row(p, 1 << 16, "one", "row"));
	known[0] = place_find(p, "row");
	MUST(!place_make(p, "one", "a", NULL, 0, &known[1]));
	MUST(!place_make(p, "two", "b", NULL, 0, &known[2]));
	for (uint32_t i = 0; i < 20; i++)
		shunt_object_alloc(place_actor(p, known[i % 3]), 10 * i);
}

/* Somewhere in the head, the slots that are used, or a region. */
static void patch(void)
{
	uint8_t where = take8(&in), bytes[16];
	uint32_t len = take8(&in) % 17, at = take16(&in);
	char *to = (char *)p->head;

	if (where % 4 == 0)
		at %= 128;
	else if (where % 4 == 1)
		at = offsetof(struct place_head, slot) + at % (4 * sizeof(struct place_slot));
	else
		at = p->head->slot[where % 3].at + at % 4096;
	take(&in, bytes, sizeof(bytes));
	if (at < SIZE - sizeof(bytes))
		memcpy(to + at, bytes, len);
}

static bool overlap(const struct shunt_actor *a, const struct shunt_actor *b)
{
	return (char *)a->region < (char *)b->region + b->room &&
	       (char *)b->region < (char *)a->region + a->room;
}

/* Each actor's region is within the memory, and no other actor's. */
static void check_regions(void)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		const struct shunt_actor *a = &p->actor[i];

		if (!a->id)
			continue;
		MUST(a->room >= sizeof(struct region) + STATE);
		MUST((char *)a->region >= (char *)(p->head + 1) &&
		     (char *)a->region + a->room <= (char *)p->head + p->size);
		for (uint32_t k = 0; k < i; k++)
			MUST(!p->actor[k].id || !overlap(a, &p->actor[k]));
	}
}

static void step(void)
{
	uint8_t what = take8(&in), which = take8(&in);
	uint32_t id = which < 3 ? known[which] : take32(&in);
	char data[SHUNT_TELL_MAX + 8] = { 0 };
	struct shunt_req req = { .data = data, .len = 8, .room = 8 };

	switch (what % 5) {
	case 0:
		place_tell(p, id, 0, 1, data, take8(&in) % sizeof(data), 0);
		break;
	case 1:
		place_turn(p, what / 5 % 64);
		break;
	case 2:
		place_request(p, 0, id, &req);
		break;
	case 3:
		place_delete(p, id);
		break;
	case 4:
		place_make(p, what & 8 ? "one" : "two", what & 16 ? "a" : "c", NULL, 0, &id);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t patches, steps;

	if (len < 4)
		return 0;
	snprintf(path, sizeof(path), "/dev/shm/fuzz-actor-%d", getpid());
	unlink(path);
	in = (struct input){ data, len };
	make();
	patches = take8(&in) % PATCHES;
	while (patches--)
		patch();
	place_close(p);
	if (!open_place()) {
		check_regions();
		if (!place_row(p, 1 << 16, "one", "row"))
			known[0] = 1 << 16;
		for (steps = 0; steps < STEPS && in.left; steps++)
			step();
		check_regions();
		place_close(p);
	}
	unlink(path);
	return 0;
}
