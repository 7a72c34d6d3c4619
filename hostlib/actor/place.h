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

/* An actor in this process. Fields without a mark are written by the core that has its lock. */
struct shunt_actor {
	struct place *place;
	struct place_slot *slot;
	struct region *region;
	struct mailbox *box;    /* stays with the slot */
	const struct shunt_actor_kind *kind;
	uint32_t nr;            /* of its slot */
	_Atomic uint32_t id;    /* read by others; 0: there is no actor, or it is asleep */
	uint32_t room;          /* bytes of the region: not read from there */
	uint32_t forward;       /* whom a request was handed on to */
	uint32_t messages;      /* run so far: the lock's number */
	uint8_t core;
	_Atomic uint8_t misses; /* looks that found nothing, one after the other; by any core */
	_Atomic uint64_t due_ns; /* of its next timer; read by others */
} __attribute__((aligned(PLACE_LINE)));

/* A row of the load: its id, which requests bring, and that of its actor here. */
struct place_row {
	uint32_t row, id;
};

struct place {
	int fd;
	bool forked;             /* this is a fork's copy: there are no actors */
	uint16_t process;
	struct place_head *head; /* the memory's begin */
	size_t size;             /* not read from there */
	const struct shunt_actor_kind *const *kinds;
	void (*notice)(const char *text); /* of shunt_actor_opts */
	struct clock_of_boot {
		uint64_t boot, booted_ns; /* as in a region */
	} clock;
	struct place *next_open; /* file.c's */
	atomic_flag making;      /* somebody makes an actor */
	/* By any thread: actors that may have a message or an overdue timer, by a bit each; actors
	 * with timers. */
	_Atomic uint64_t ready[PLACE_WORDS] __attribute__((aligned(PLACE_LINE)));
	_Atomic uint64_t timed[PLACE_WORDS];
	_Atomic uint64_t next_ns; /* when the next timer is due, or earlier */
	struct { /* by core: where its next look begins, so each actor has its turn */
		uint32_t at __attribute__((aligned(PLACE_LINE)));
	} look[256];
	struct shunt_actor actor[PLACE_ACTORS];
	struct place_row row[PLACE_ROWS]; /* by number. Written while no core runs; row 0: none */
};

/* file.c: opens the file of a place, or memory of this process alone (path NULL): p->fd and
 * p->size. */
int place_open_file(struct place *p, const char *path, size_t size);
void place_close_file(struct place *p);

/* place.c: the memory alone. Of the options: memory, size, kinds, notice. */
int place_map(struct place **ret, const struct shunt_actor_opts *opts);
void place_close(struct place *p);
uint32_t place_find(const struct place *p, const char *name);
/* In words, to whoever wants to hear of it. */
void place_say(const struct place *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* recover.c: the memory, and what former processes left there. */
int place_open(struct place **ret, const struct shunt_actor_opts *opts);

/* kind.c: a kind by its name; NULL: there is none. */
const struct shunt_actor_kind *place_kind(const struct place *p, const char *name);
/* NULL: kinds are as they must be; else what is wrong with *which. */
const char *place_bad_kind(const struct shunt_actor_kind *const *kinds,
			   const struct shunt_actor_kind **which);

/* room.c: the slot, which is ours (PLACE_MAKING), gets a region of so many bytes. */
int place_give_region(struct place *p, struct place_slot *s, uint32_t room);

/* make.c: the slot's actor gets its kind and mailbox in this process. */
int place_attach(struct place *p, uint32_t nr, const struct shunt_actor_kind *k);
/* A state of 0s, and init(). */
int place_begin_anew(struct shunt_actor *a, const void *arg, size_t len);
int place_make(struct place *p, const char *kind, const char *name, const void *arg, size_t len,
	       uint32_t *id);
/* The actor of a row, by its name; if there is none, it is made. -EEXIST: it is of another kind. */
int place_row(struct place *p, uint32_t row, const char *kind, const char *name);
/* Another load's rows come. No core runs. */
void place_forget_rows(struct place *p);
int place_delete(struct place *p, uint32_t id);
/* Messages that nobody will run; the caller has the lock. */
void place_drain(struct shunt_actor *a);
/* A deleted actor, whose lock the caller has, is nobody's from now on, and so is the lock. */
void place_bury(struct shunt_actor *a);

/* tell.c */
int place_tell(struct place *p, uint32_t to, uint32_t from, uint32_t kind, const void *data,
	       uint32_t len, uint64_t cookie);

/* timer.c */
uint64_t place_now(void); /* CLOCK_MONOTONIC, in ns */
struct clock_of_boot place_boot(void);
/* Looks at the actor's timers, and notes when the next one is due. */
void place_look_at_timers(struct shunt_actor *a);
/* Timers that were set before the machine's last boot are due when they were to be, by the time of
 * day, or at once. */
void place_rebase_timers(struct shunt_actor *a);
/* One that fired is set once more. */
void place_put_back(struct shunt_actor *a, const struct shunt_message *m, uint64_t due_ns);

/* run.c: the messages that wait, some of them. 0: more may be there; or when to look again. */
uint64_t place_turn(struct place *p, unsigned int core);
/* A core found nothing to do for the actor: its bit goes, unless there is something by now. */
void place_miss(struct place *p, struct shunt_actor *a);
/* A request for the actor of that id: the length of its reply, or SHUNT_NO_REPLY. */
long place_request(struct place *p, unsigned int core, uint32_t id, struct shunt_req *req);

/* place.c: the sums of all actors. */
void place_stats(const struct place *p, struct shunt_actor_stats *out);

/* The id of a slot's actor: it is the actor's while that lives, in every process. */
static inline uint32_t place_id(uint32_t nr, uint32_t gen)
{
	return (uint32_t)(uint16_t)gen << 16 | (uint16_t)(PLACE_ROWS + nr);
}

/* A row's id is one of this load alone: that of its actor; 0: none. Others stay as they are. */
static inline uint32_t place_local(const struct place *p, uint32_t id)
{
	const struct place_row *r = &p->row[(uint16_t)id % PLACE_ROWS];

	if ((uint16_t)id >= PLACE_ROWS)
		return id;
	return r->row == id ? r->id : 0;
}

static inline uint32_t place_next_gen(uint32_t gen)
{
	return (uint16_t)(gen + 1) ? (uint16_t)(gen + 1) : 1;
}

static inline struct region *place_region(const struct place *p, const struct place_slot *s)
{
	return (struct region *)((char *)p->head + s->at);
}

static inline void place_count(uint64_t *n, uint64_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

/* A count that one core writes, and others read. */
static inline void place_bump(uint64_t *n)
{
	__atomic_store_n(n, *n + 1, __ATOMIC_RELAXED);
}

/* The actor with that id, no row's, as far as one can say without its lock; NULL: there is none. */
static inline struct shunt_actor *place_actor(struct place *p, uint32_t id)
{
	uint32_t nr = (uint16_t)id - PLACE_ROWS; /* a row's is beyond all */

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
