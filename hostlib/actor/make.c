// SPDX-License-Identifier: BSD-2-Clause
/*
 * make.c - actors come and go: made by name, deleted
 *
 * A slot's "state" is PLACE_HERE once all else of it is written, so a process that dies while it
 * makes an actor leaves one that the next process takes for none.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "lock.h"
#include "region.h"

#define PAGE 4096u

const struct shunt_actor_kind *place_kind(const struct place *p, const char *name)
{
	for (int i = 0; p->kinds[i]; i++) {
		if (!strncmp(p->kinds[i]->name, name, PLACE_NAME))
			return p->kinds[i];
	}
	return NULL;
}

static struct region *region_in(const struct place *p, const struct place_slot *s)
{
	return (struct region *)((char *)p->head + s->at);
}

static void set_state(struct place_slot *s, uint32_t state)
{
	__atomic_store_n(&s->state, state, __ATOMIC_RELEASE);
}

/* Only one actor is made at a time: names stay unique, and regions apart. */
static void making_begin(struct place *p)
{
	while (atomic_flag_test_and_set_explicit(&p->making, memory_order_acquire))
		sched_yield();
}

static void making_end(struct place *p)
{
	atomic_flag_clear_explicit(&p->making, memory_order_release);
}

/* --- a region --------------------------------------------------------------------------------- */

static uint32_t room_for(const struct shunt_actor_kind *k)
{
	uint64_t least = region_least(k->state), room = k->memory ? k->memory : SHUNT_ACTOR_MEMORY;

	room = ((room > least ? room : least) + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	return room <= UINT32_MAX ? room : 0;
}

/* A word of a slot that counts for the next process: release, so stores before this one are there
 * if it is, wherever this process dies. */
static void set_room(struct place_slot *s, uint32_t room)
{
	__atomic_store_n(&s->room, room, __ATOMIC_RELEASE);
}

/* The slot's region, or a new one. The slot has it before "used" moves: a process that dies in
 * between leaves a region that is the slot's. While "at" changes, "room" is 0: no region. */
static int give_region(struct place *p, struct place_slot *s, uint32_t room)
{
	uint64_t at = p->head->used;
	int err;

	if (s->at && s->room >= room)
		return 0;
	if (!room || at > p->size || room > p->size - at)
		return -ENOSPC;
	err = posix_fallocate(p->fd, at, room);
	if (err)
		return -err;
	set_room(s, 0);
	__atomic_store_n(&s->at, at, __ATOMIC_RELEASE);
	set_room(s, room);
	__atomic_store_n(&p->head->used, at + room, __ATOMIC_RELEASE);
	return 0;
}

/* --- made ------------------------------------------------------------------------------------- */

/* A mailbox goes on where the slot's former actor had it: a slow teller may still write there. */
static int give_mailbox(struct shunt_actor *a)
{
	if (a->box)
		return 0;
	a->box = aligned_alloc(PLACE_LINE, sizeof(*a->box));
	if (!a->box)
		return -ENOMEM;
	mailbox_begin(a->box, a->slot->told);
	return 0;
}

int place_attach(struct place *p, uint32_t nr, const struct shunt_actor_kind *k)
{
	struct shunt_actor *a = &p->actor[nr];

	a->kind = k;
	a->id = place_id(nr, a->slot->gen);
	a->room = a->slot->room;
	a->region = region_in(p, a->slot);
	atomic_store(&a->due_ns, PLACE_NEVER);
	return give_mailbox(a);
}

static _Thread_local bool in_init; /* which makes no actors: "making" is taken */

int place_begin_anew(struct shunt_actor *a, const void *arg, size_t len)
{
	int err = region_make(a->region, a->room, a->kind->state) ? -ENOSPC : 0;

	if (!err && a->kind->init) {
		in_init = true;
		err = a->kind->init(a, arg, len);
		in_init = false;
	}
	place_look_at_timers(a);
	return err;
}

static void put_text(char out[PLACE_NAME], const char *text)
{
	memset(out, 0, PLACE_NAME);
	memcpy(out, text, strnlen(text, PLACE_NAME - 1));
}

/* In the slot, which is ours (PLACE_MAKING). */
static int make_in(struct place *p, uint32_t nr, uint32_t gen, const struct shunt_actor_kind *k,
		   const char *name, const void *arg, size_t len)
{
	struct place_slot *s = &p->head->slot[nr];
	int err;

	/* A core may be looking whether the slot's former actor has messages. */
	while (!place_lock(&p->actor[nr], PLACE_MAKER))
		sched_yield();
	err = give_region(p, s, room_for(k));
	if (!err) {
		s->gen = gen;
		s->version = k->version;
		put_text(s->name, name);
		put_text(s->kind, k->name);
		err = place_attach(p, nr, k);
	}
	if (!err)
		err = place_begin_anew(&p->actor[nr], arg, len);
	if (err)
		p->actor[nr].id = 0;
	set_state(s, err ? PLACE_NONE : PLACE_HERE);
	place_unlock(&p->actor[nr]);
	return err;
}

/* A free slot becomes ours. With a region of that size, if one has it. */
static int take_slot(struct place *p, uint32_t room)
{
	int any = -ENOSPC;

	for (uint32_t i = p->first; i < PLACE_ACTORS; i++) {
		struct place_slot *s = &p->head->slot[i];

		if (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != PLACE_NONE)
			continue;
		if (any < 0 || (s->at && s->room == room))
			any = i;
		if (s->at && s->room == room)
			break;
	}
	if (any >= 0)
		set_state(&p->head->slot[any], PLACE_MAKING);
	return any;
}

int place_make(struct place *p, const char *kind, const char *name, const void *arg, size_t len,
	       uint32_t *id)
{
	const struct shunt_actor_kind *k = place_kind(p, kind);
	int nr, err;

	if (!k)
		return -ENOENT;
	if (!*name || strlen(name) >= PLACE_NAME)
		return -EINVAL;
	if (in_init)
		return -EDEADLK;
	making_begin(p);
	if (place_find(p, name)) {
		making_end(p);
		return -EEXIST;
	}
	nr = take_slot(p, room_for(k));
	err = nr < 0 ? nr : 0;
	if (!err)
		err = make_in(p, nr, place_next_gen(p->head->slot[nr].gen), k, name, arg, len);
	if (!err && id)
		*id = p->actor[nr].id;
	making_end(p);
	return err;
}

int place_make_at(struct place *p, uint32_t nr, uint16_t gen, const char *kind, const char *name)
{
	const struct shunt_actor_kind *k = place_kind(p, kind);
	struct place_slot *s = &p->head->slot[nr];
	int err;

	if (!k || nr >= PLACE_ACTORS)
		return -ENOENT;
	making_begin(p);
	if (s->state == PLACE_HERE && p->actor[nr].kind == k &&
	    !strncmp(s->name, name, PLACE_NAME)) {
		/* The row's generation counts: requests bring it. */
		s->gen = gen;
		p->actor[nr].id = place_id(nr, gen);
		making_end(p);
		return 0;
	}
	set_state(s, PLACE_MAKING);
	err = make_in(p, nr, gen, k, name, NULL, 0);
	making_end(p);
	return err;
}

/* --- gone ------------------------------------------------------------------------------------- */

/* A slot's "state" and "gen" as one word. */
typedef uint64_t __attribute__((may_alias)) state_word;

_Static_assert(offsetof(struct place_slot, gen) == offsetof(struct place_slot, state) + 4 &&
	       offsetof(struct place_slot, state) % 8 == 0, "state and gen are one word");

static uint64_t word_of(uint32_t state, uint32_t id)
{
	return (uint64_t)(id >> 16) << 32 | state;
}

/* The generation is swapped with the state: by now the slot may have another actor. */
int place_delete(struct place *p, uint32_t id)
{
	struct shunt_actor *a = place_actor(p, id);
	uint64_t here = word_of(PLACE_HERE, id);

	if (!a || !__atomic_compare_exchange_n((state_word *)&a->slot->state, &here,
					       word_of(PLACE_LEAVING, id), false,
					       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return -ENOENT;
	place_set_ready(p, a->nr); /* who runs it next buries it */
	return 0;
}

void place_drain(struct shunt_actor *a)
{
	struct cell *c;

	while (a->box && (c = mailbox_first(a->box))) {
		mailbox_drop_first(a->box, c);
		a->slot->lost++;
	}
}

void place_bury(struct shunt_actor *a)
{
	struct place_slot *s = a->slot;

	/* One whose teller is not done yet is drained once it is: the teller says "ready". */
	place_drain(a);
	s->gen = place_next_gen(s->gen);
	a->id = 0;
	atomic_store(&a->due_ns, PLACE_NEVER);
	atomic_fetch_and(&a->place->timed[a->nr / 64], ~(1ULL << a->nr % 64));
	set_state(s, PLACE_NONE);
	place_unlock(a); /* last: who makes an actor here waits for it */
}
