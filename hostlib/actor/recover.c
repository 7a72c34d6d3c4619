// SPDX-License-Identifier: BSD-2-Clause
/*
 * recover.c - what former processes left in the memory of a place: actors that are kept, that begin
 * anew, that are asleep, and that are gone
 *
 * An actor is asleep if this program lacks its kind, or has another version of that: nobody finds
 * it, and it stays as it is for a program that has the kind.
 *
 * In three steps, each over all slots, as the handlers that the last one calls may make actors:
 * where regions lie; whose slots are whose; then the actors' own init() and resumed().
 */
#include <errno.h>

#include "lock.h"
#include "region.h"

/* Messages of former processes died with them. */
static void count_lost(struct place_slot *s)
{
	uint64_t ended = s->ran + s->lost;

	if (s->told > ended)
		s->lost += s->told - ended;
	else
		s->told = ended;
}

/* --- regions ---------------------------------------------------------------------------------- */

/* Is the slot's region within the memory, behind the head, and large enough to be read? */
static bool lies_within(const struct place *p, const struct place_slot *s)
{
	return s->at >= sizeof(struct place_head) && s->at % REGION_UNIT == 0 &&
	       s->at <= p->size && s->room <= p->size - s->at && s->room % REGION_UNIT == 0 &&
	       s->room >= sizeof(struct region);
}

/* Has one of the slots before this one a part of its region? */
static bool is_taken(const struct place *p, uint32_t nr)
{
	const struct place_slot *s = &p->head->slot[nr];

	for (uint32_t i = 0; i < nr; i++) {
		const struct place_slot *o = &p->head->slot[i];

		if (o->room && s->at < o->at + o->room && o->at < s->at + s->room)
			return true;
	}
	return false;
}

static void find_regions(struct place *p)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		struct place_slot *s = &p->head->slot[i];

		if (!lies_within(p, s) || is_taken(p, i))
			s->at = s->room = 0;
	}
}

/* --- slots ------------------------------------------------------------------------------------ */

/* Nobody's. The state goes first: without its lock, a torn actor would be taken for a whole one. */
static void give_up(struct place *p, uint32_t nr)
{
	struct place_slot *s = &p->head->slot[nr];

	if (s->state != PLACE_NONE)
		s->gen = place_next_gen(s->gen);
	p->actor[nr].id = 0;
	atomic_store(&p->actor[nr].due_ns, PLACE_NEVER);
	__atomic_store_n(&s->state, PLACE_NONE, __ATOMIC_RELEASE);
	place_unlock(&p->actor[nr]);
}

/* An actor that was there is no more. */
static void lose(struct place *p, uint32_t nr, const char *why)
{
	const struct place_slot *s = &p->head->slot[nr];

	place_count(&p->head->gone, 1);
	place_say(p, "actor '%s' of kind '%s' is gone: %s", s->name, s->kind, why);
	give_up(p, nr);
}

/* It stays as it is for a program that can go on with it. */
static void leave_asleep(const struct place *p, const struct place_slot *s,
			 const struct shunt_actor_kind *k)
{
	if (!k)
		place_say(p, "actor '%s' is asleep: this program lacks its kind '%s'", s->name,
			  s->kind);
	else if (k->version != s->version)
		place_say(p, "actor '%s' is asleep: it is of version %u of its kind '%s', and this "
			  "program has version %u", s->name, s->version, k->name, k->version);
	else
		place_say(p, "actor '%s' is asleep: its state has %u bytes, and those of its kind "
			  "'%s' have %u in this program", s->name, place_region(p, s)->state,
			  k->name, k->state);
}

static bool is_sound(const struct place *p, const struct place_slot *s)
{
	const struct region *r = place_region(p, s);

	return s->room && region_fits(r, s->room, r->state);
}

/* True: there is an actor of one of our kinds, whole or not. */
static bool take_over(struct place *p, uint32_t nr)
{
	struct place_slot *s = &p->head->slot[nr];
	const struct shunt_actor_kind *k;

	s->name[PLACE_NAME - 1] = s->kind[PLACE_NAME - 1] = '\0';
	s->gen = (uint16_t)s->gen ? (uint16_t)s->gen : 1;
	count_lost(s);
	k = place_kind(p, s->kind);
	if (s->state != PLACE_HERE)
		give_up(p, nr);
	else if (!is_sound(p, s))
		lose(p, nr, "its memory is damaged");
	else if (!k || k->version != s->version || k->state != place_region(p, s)->state)
		leave_asleep(p, s, k);
	else if (place_attach(p, nr, k))
		lose(p, nr, "there is no memory for its mailbox");
	else
		return true;
	return false;
}

/* --- actors ----------------------------------------------------------------------------------- */

/* With the actor's lock until it is whole: a process that dies in here leaves one that is torn. */
static void go_on(struct place *p, uint32_t nr)
{
	struct shunt_actor *a = &p->actor[nr];
	bool torn = a->slot->lock && !(a->kind->flags & SHUNT_ACTOR_KEEP);

	if (__atomic_load_n(&a->slot->state, __ATOMIC_ACQUIRE) != PLACE_HERE)
		return; /* another one's resumed() has deleted it; who runs it next buries it */
	a->core = PLACE_MAKER;
	place_relock(a);
	if (torn) {
		place_count(&p->head->resets, 1);
		if (place_begin_anew(a, NULL, 0)) {
			lose(p, nr, "it had to begin anew, and its init() failed");
			return;
		}
	} else {
		place_rebase_timers(a);
		place_look_at_timers(a);
		if (a->kind->resumed)
			a->kind->resumed(a);
	}
	place_unlock(a);
}

static void recover(struct place *p)
{
	uint64_t taken[PLACE_WORDS] = { 0 };

	find_regions(p);
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		if (take_over(p, i))
			taken[i / 64] |= 1ULL << i % 64;
	}
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		if (taken[i / 64] >> i % 64 & 1)
			go_on(p, i);
	}
}

int place_open(struct place **ret, const struct shunt_actor_opts *opts)
{
	int err = place_map(ret, opts);

	if (!err)
		recover(*ret);
	return err;
}
