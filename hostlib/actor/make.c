// SPDX-License-Identifier: BSD-2-Clause
/*
 * make.c - actors come and go: made by name, kept from a process to the next, deleted
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

static const struct shunt_actor_kind *kind_of(const struct place *p, const char *name)
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

/* The slot's region, or a new one. The slot has it before "used" moves: a process that dies in
 * between leaves a region that is the slot's. */
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
	s->room = 0;
	s->at = at;
	s->room = room;
	p->head->used = at + room;
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

/* What this process knows of the actor in a slot. */
static int attach(struct place *p, uint32_t nr, const struct shunt_actor_kind *k)
{
	struct shunt_actor *a = &p->actor[nr];

	a->kind = k;
	a->id = place_id(nr, a->slot->gen);
	a->room = a->slot->room;
	a->region = region_in(p, a->slot);
	atomic_store(&a->due_ns, PLACE_NEVER);
	return give_mailbox(a);
}

/* A state of 0s, and init(). */
static int begin_anew(struct shunt_actor *a, const void *arg, size_t len)
{
	int err = region_make(a->region, a->room, a->kind->state) ? -ENOSPC : 0;

	if (!err && a->kind->init)
		err = a->kind->init(a, arg, len);
	place_look_at_timers(a);
	return err;
}

static void put_text(char out[PLACE_NAME], const char *text)
{
	memset(out, 0, PLACE_NAME);
	memcpy(out, text, strnlen(text, PLACE_NAME - 1));
}

static uint32_t next_gen(uint32_t gen)
{
	return (uint16_t)(gen + 1) ? (uint16_t)(gen + 1) : 1;
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
		err = attach(p, nr, k);
	}
	if (!err)
		err = begin_anew(&p->actor[nr], arg, len);
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
	const struct shunt_actor_kind *k = kind_of(p, kind);
	int nr, err;

	if (!k)
		return -ENOENT;
	if (!*name || strlen(name) >= PLACE_NAME)
		return -EINVAL;
	making_begin(p);
	if (place_find(p, name)) {
		making_end(p);
		return -EEXIST;
	}
	nr = take_slot(p, room_for(k));
	err = nr < 0 ? nr : 0;
	if (!err)
		err = make_in(p, nr, next_gen(p->head->slot[nr].gen), k, name, arg, len);
	if (!err && id)
		*id = p->actor[nr].id;
	making_end(p);
	return err;
}

int place_make_at(struct place *p, uint32_t nr, uint16_t gen, const char *kind, const char *name)
{
	const struct shunt_actor_kind *k = kind_of(p, kind);
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

int place_delete(struct place *p, uint32_t id)
{
	struct shunt_actor *a = place_actor(p, id);
	uint32_t here = PLACE_HERE;

	if (!a || !__atomic_compare_exchange_n(&a->slot->state, &here, PLACE_LEAVING, false,
					       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return -ENOENT;
	place_set_ready(p, a->nr); /* who runs it next buries it */
	return 0;
}

void place_bury(struct shunt_actor *a)
{
	struct place_slot *s = a->slot;
	struct cell *c;

	/* One whose teller is not done yet finds its end with the slot's next actor. */
	while ((c = mailbox_first(a->box))) {
		mailbox_drop_first(a->box, c);
		s->lost++;
	}
	s->gen = next_gen(s->gen);
	a->id = 0;
	atomic_store(&a->due_ns, PLACE_NEVER);
	atomic_fetch_and(&a->place->timed[a->nr / 64], ~(1ULL << a->nr % 64));
	set_state(s, PLACE_NONE);
	place_unlock(a); /* last: who makes an actor here waits for it */
}

/* --- from a process to the next --------------------------------------------------------------- */

/* Messages of former processes died with them. */
static void count_lost(struct place_slot *s)
{
	uint64_t ended = s->ran + s->lost;

	if (s->told > ended)
		s->lost += s->told - ended;
	else
		s->told = ended;
}

/* Is the slot's region within the memory, behind the head? */
static bool lies_within(const struct place *p, const struct place_slot *s)
{
	return s->at >= sizeof(struct place_head) && s->at % REGION_UNIT == 0 &&
	       s->at <= p->size && s->room <= p->size - s->at && s->room % REGION_UNIT == 0;
}

/* True: the actor is there, as a former process left it or anew. */
static bool take_over(struct place *p, uint32_t nr)
{
	struct place_slot *s = &p->head->slot[nr];
	const struct shunt_actor_kind *k = kind_of(p, s->kind);
	bool ran = s->lock;

	s->lock = 0;
	if (!k || k->version != s->version || attach(p, nr, k) ||
	    !region_fits(p->actor[nr].region, s->room, k->state))
		return false;
	if (ran && !(k->flags & SHUNT_ACTOR_KEEP)) {
		place_count(&p->head->resets, 1);
		return !begin_anew(&p->actor[nr], NULL, 0);
	}
	place_look_at_timers(&p->actor[nr]);
	if (k->resumed)
		k->resumed(&p->actor[nr]);
	return true;
}

static void recover(struct place *p)
{
	uint64_t used = (sizeof(struct place_head) + PAGE - 1) & ~(uint64_t)(PAGE - 1);

	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		struct place_slot *s = &p->head->slot[i];

		s->name[PLACE_NAME - 1] = s->kind[PLACE_NAME - 1] = '\0';
		count_lost(s);
		if (!lies_within(p, s))
			s->at = s->room = 0;
		else if (s->at + s->room > used)
			used = s->at + s->room;
		if (s->state == PLACE_HERE && s->at && take_over(p, i))
			continue;
		if (s->state != PLACE_NONE)
			s->gen = next_gen(s->gen);
		p->actor[i].id = 0;
		s->lock = 0;
		set_state(s, PLACE_NONE);
	}
	p->head->used = used;
}

int place_open(struct place **ret, const char *path, size_t size, uint32_t first,
	       const struct shunt_actor_kind *const *kinds)
{
	int err = place_map(ret, path, size, first, kinds);

	if (!err)
		recover(*ret);
	return err;
}
