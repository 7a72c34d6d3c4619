// SPDX-License-Identifier: BSD-2-Clause
/*
 * make.c - actors come and go: made by name, deleted
 *
 * A slot's "state" is PLACE_HERE once all else of it is written, so a process that dies while it
 * makes an actor leaves one that the next process takes for none.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "region.h"

#define PAGE 4096u

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
	a->region = place_region(p, a->slot);
	atomic_store(&a->due_ns, PLACE_NEVER);
	return give_mailbox(a);
}

static _Thread_local bool in_init; /* which makes no actors: "making" is taken */

int place_begin_anew(struct shunt_actor *a, const void *arg, size_t len)
{
	int err = region_make(a->region, a->room, a->kind->state) ? -ENOSPC : 0;

	if (!err) {
		a->region->boot = a->place->clock.boot;
		a->region->booted_ns = a->place->clock.booted_ns;
	}
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
static int make_in(struct place *p, uint32_t nr, const struct shunt_actor_kind *k,
		   const char *name, const void *arg, size_t len)
{
	struct place_slot *s = &p->head->slot[nr];
	int err;

	/* A core may be looking whether the slot's former actor has messages. */
	while (!place_lock(&p->actor[nr], PLACE_MAKER))
		sched_yield();
	err = place_give_region(p, s, room_for(k));
	if (!err) {
		s->gen = place_next_gen(s->gen);
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

/* A free slot becomes ours: one that has a region of that size, else one that has none. */
static int take_slot(struct place *p, uint32_t room)
{
	int any = -ENOSPC;

	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		const struct place_slot *s = &p->head->slot[i];

		if (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != PLACE_NONE)
			continue;
		if (any < 0 || s->room == room || (!s->room && p->head->slot[any].room))
			any = i;
		if (s->room == room)
			break;
	}
	if (any >= 0)
		set_state(&p->head->slot[any], PLACE_MAKING);
	return any;
}

/* The slot of the actor of that name that this program could not go on with; -1: there is none. */
static int find_asleep(const struct place *p, const char *name)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		const struct place_slot *s = &p->head->slot[i];

		if (s->state == PLACE_HERE && !p->actor[i].id &&
		    !strncmp(s->name, name, PLACE_NAME))
			return i;
	}
	return -1;
}

/* One that is asleep begins anew if its kind is there. No core sees it; the lock may be that of a
 * process that died in its handler. */
static int replace_asleep(struct place *p, uint32_t nr, const struct shunt_actor_kind *k)
{
	struct place_slot *s = &p->head->slot[nr];

	if (strncmp(s->kind, k->name, PLACE_NAME))
		return -EEXIST;
	place_say(p, "actor '%s' of kind '%s', which was asleep, begins anew", s->name, s->kind);
	set_state(s, PLACE_MAKING);
	place_unlock(&p->actor[nr]);
	return nr;
}

/* The caller is the only one who makes actors. */
static int make(struct place *p, const struct shunt_actor_kind *k, const char *name,
		const void *arg, size_t len, uint32_t *id)
{
	int asleep = find_asleep(p, name), nr, err;

	nr = asleep < 0 ? take_slot(p, room_for(k)) : replace_asleep(p, asleep, k);
	err = nr < 0 ? nr : make_in(p, nr, k, name, arg, len);
	if (!err) {
		*id = p->actor[nr].id;
	} else if (nr >= 0 && nr == asleep) {
		place_count(&p->head->gone, 1);
		place_say(p, "actor '%s' of kind '%s' is gone: it could not begin anew", name,
			  k->name);
	}
	return err;
}

int place_make(struct place *p, const char *kind, const char *name, const void *arg, size_t len,
	       uint32_t *id)
{
	const struct shunt_actor_kind *k = place_kind(p, kind);
	uint32_t made = 0;
	int err;

	if (!k)
		return -ENOENT;
	if (!*name || strlen(name) >= PLACE_NAME)
		return -EINVAL;
	if (in_init)
		return -EDEADLK;
	making_begin(p);
	err = place_find(p, name) ? -EEXIST : make(p, k, name, arg, len, &made);
	making_end(p);
	if (!err && id)
		*id = made;
	return err;
}

/* --- rows ------------------------------------------------------------------------------------- */

void place_forget_rows(struct place *p)
{
	memset(p->row, 0, sizeof(p->row));
}

int place_row(struct place *p, uint32_t row, const char *kind, const char *name)
{
	const struct shunt_actor_kind *k = place_kind(p, kind);
	uint32_t nr = (uint16_t)row, id;
	int err = 0;

	if (!k || nr >= PLACE_ROWS)
		return -ENOENT;
	making_begin(p);
	id = place_find(p, name);
	if (!id)
		err = make(p, k, name, NULL, 0, &id);
	else if (p->actor[(uint16_t)id - PLACE_ROWS].kind != k)
		err = -EEXIST;
	making_end(p);
	if (!err)
		p->row[nr] = (struct place_row){ .row = row, .id = id };
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
	uint32_t of = place_local(p, id);
	struct shunt_actor *a = place_actor(p, of);
	uint64_t here = word_of(PLACE_HERE, of);

	if (!a || !__atomic_compare_exchange_n((state_word *)&a->slot->state, &here,
					       word_of(PLACE_LEAVING, of), false,
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
		place_bump(&a->slot->lost);
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
