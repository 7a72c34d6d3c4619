/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - the actors of a process: their memory, their locks, and what waits for them
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <shunt/actor.h>

#include "layout.h"
#include "mailbox.h"

#define PLACE_WORDS (PLACE_ACTORS / 64)
#define PLACE_BATCH 8       /* messages that a core runs between two requests */
#define PLACE_NEVER ~0ULL   /* of a time */

/* An actor in this process. Written by the core that has its lock, but for fields that are marked.
 * */
struct shunt_actor {
	struct place *place;
	struct place_slot *slot;
	struct region *region;
	struct mailbox *box;    /* stays with the slot */
	const struct shunt_actor_kind *kind;
	uint32_t nr;
	_Atomic uint32_t id;    /* read by others; 0: there is no actor */
	uint32_t room;          /* bytes of the region: not read from there */
	uint32_t forward;       /* whom a request was handed on to */
	uint32_t messages;      /* run so far: the lock's number */
	uint8_t core;
	_Atomic uint8_t misses; /* looks that found nothing, one after the other; by any core */
	_Atomic uint64_t due_ns; /* of its next timer; read by others */
} __attribute__((aligned(PLACE_LINE)));

struct place {
	int fd;
	struct place_head *head; /* the memory's begin */
	size_t size;             /* not read from there */
	uint16_t process;
	const struct shunt_actor_kind *const *kinds;
	atomic_flag making;      /* somebody makes an actor */
	uint32_t first;          /* slots before this are for actors of the configuration */
	/* By any thread: actors that may have a message or an overdue timer, by a bit each; actors
	 * with timers. */
	_Atomic uint64_t ready[PLACE_WORDS] __attribute__((aligned(PLACE_LINE)));
	_Atomic uint64_t timed[PLACE_WORDS];
	_Atomic uint64_t next_ns; /* when the next timer is due, or earlier */
	struct { /* by core: where its next look begins, so each actor has its turn */
		uint32_t at __attribute__((aligned(PLACE_LINE)));
	} look[256];
	struct shunt_actor actor[PLACE_ACTORS];
};

/* place.c: the memory alone. path NULL: of this process alone. first: slots for actors of the
 * configuration. */
int place_map(struct place **ret, const char *path, size_t size, uint32_t first,
	       const struct shunt_actor_kind *const *kinds);
void place_close(struct place *p);
uint32_t place_find(const struct place *p, const char *name);

/* recover.c: the memory, and what former processes left there. */
int place_open(struct place **ret, const char *path, size_t size, uint32_t first,
	       const struct shunt_actor_kind *const *kinds);

/* make.c: a kind by its name; NULL: there is none. */
const struct shunt_actor_kind *place_kind(const struct place *p, const char *name);
/* The slot's actor gets its kind and mailbox in this process. */
int place_attach(struct place *p, uint32_t nr, const struct shunt_actor_kind *k);
/* A state of 0s, and init(). */
int place_begin_anew(struct shunt_actor *a, const void *arg, size_t len);
/* An actor in a slot of its own, or (place_make_at) in slot nr with that generation; one
 * that is there already, of that name and kind, stays. */
int place_make(struct place *p, const char *kind, const char *name, const void *arg, size_t len,
	       uint32_t *id);
int place_make_at(struct place *p, uint32_t nr, uint16_t gen, const char *kind, const char *name);
int place_delete(struct place *p, uint32_t id);
/* Messages that nobody will run; the caller has the lock. */
void place_drain(struct shunt_actor *a);
/* A deleted actor, whose lock the caller has, is nobody's from now on, and so is the lock. */
void place_bury(struct shunt_actor *a);

/* tell.c */
int place_tell(struct place *p, uint32_t to, uint32_t from, uint32_t kind, const void *data,
	       uint32_t len, uint64_t cookie);
uint64_t place_now(void); /* CLOCK_MONOTONIC, in ns */
/* Looks at the actor's timers, and notes when the next one is due. */
void place_look_at_timers(struct shunt_actor *a);

/* run.c: the messages that wait, some of them. 0: more may be there; or when to look again. */
uint64_t place_turn(struct place *p, unsigned int core);
/* A core found nothing to do for the actor: its bit goes, unless there is something by now. */
void place_miss(struct place *p, struct shunt_actor *a);
/* A request for the actor of that id: the length of its reply, or SHUNT_NO_REPLY. */
long place_request(struct place *p, unsigned int core, uint32_t id, struct shunt_req *req);

/* place.c: the sums of all actors. */
void place_stats(const struct place *p, struct shunt_actor_stats *out);

static inline uint32_t place_id(uint32_t nr, uint32_t gen)
{
	return (uint32_t)(uint16_t)gen << 16 | (uint16_t)nr;
}

static inline uint32_t place_next_gen(uint32_t gen)
{
	return (uint16_t)(gen + 1) ? (uint16_t)(gen + 1) : 1;
}

static inline void place_count(uint64_t *n, uint64_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

/* The actor with that id, as far as one can say without its lock; NULL: there is none. */
static inline struct shunt_actor *place_actor(struct place *p, uint32_t id)
{
	uint32_t nr = (uint16_t)id;

	/* Acquire: what was made before the actor was there is seen. */
	if (nr >= PLACE_ACTORS ||
	    __atomic_load_n(&p->head->slot[nr].state, __ATOMIC_ACQUIRE) != PLACE_HERE ||
	    atomic_load_explicit(&p->actor[nr].id, memory_order_relaxed) != id)
		return NULL;
	return &p->actor[nr];
}

/* The actor may have a message. Only if its bit is not set: that is nearly always so where much is
 * told. */
static inline void place_set_ready(struct place *p, uint32_t nr)
{
	uint64_t bit = 1ULL << nr % 64;

	if (!(atomic_load(&p->ready[nr / 64]) & bit))
		atomic_fetch_or(&p->ready[nr / 64], bit);
}
