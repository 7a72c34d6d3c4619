/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * offload.h - decisions from elsewhere: events from a mechanism, decisions from an agent, in memory
 * that both map (libshunt-offload; man shunt_offload, docs/offload.md)
 *
 * A mechanism does something to objects (runs threads, gives memory back), an agent decides about
 * them. There are two memories, so that no page has two writers: the mechanism's, which agents have
 * for reading only, and the agent's. Either side may die at any instruction. What the other side
 * wrote is bounded and never believed: object, class, core and version of a decision are checked.
 *
 * What the other side may read in the midst of a store has a number, which is read before and
 * after: an event and a decision have one less than their own meanwhile, which is never one of
 * their place; the version of an object is odd. Numbers begin at 1 and wrap.
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_OFF 1           /* the version of these layouts */
#define SHUNT_OFF_RING 1024u  /* events of a queue: later ones overwrite */
#define SHUNT_OFF_DEPTH 2u    /* decisions of a slot */
#define SHUNT_OFF_QUEUES_MAX 64u
#define SHUNT_OFF_SLOTS_MAX 64u
#define SHUNT_OFF_OBJECTS_MAX 65536u

enum shunt_off_kind { SHUNT_OFF_THREADS = 1, SHUNT_OFF_MEMORY };

enum shunt_off_type {         /* of an event */
	SHUNT_EV_NEW = 1,     /* an object, in a version that no object had before */
	SHUNT_EV_READY,       /* a thread wants to run */
	SHUNT_EV_RUNS,        /* has a core */
	SHUNT_EV_SLICE,       /* has used up its quantum, and goes on */
	SHUNT_EV_BLOCKED,     /* has left its core; arg: ns that it ran */
	SHUNT_EV_GONE,        /* the object is no more: its index may be another's next */
	SHUNT_EV_IDLE,        /* of a core: it has nothing to do */
	SHUNT_EV_SEEN,        /* of memory; arg: KiB that were used since the last one */
	SHUNT_EV_TYPES
};

enum shunt_off_op {           /* of a decision */
	SHUNT_OP_RUN = 1,     /* when the core is free */
	SHUNT_OP_PREEMPT,     /* at the end of a quantum, too */
	SHUNT_OP_KEEP,        /* memory: leave it as it is */
	SHUNT_OP_COLD,        /* memory: it may go first */
	SHUNT_OP_PAGEOUT,     /* memory: give it back */
	SHUNT_OP_WILLNEED,    /* memory: bring it back */
	SHUNT_OP_OPS
};

enum shunt_off_state {        /* of an object */
	SHUNT_OBJ_NONE,       /* the index is nobody's */
	SHUNT_OBJ_WAITS, SHUNT_OBJ_RUNS, SHUNT_OBJ_BLOCKED,
	SHUNT_OBJ_STATES
};

enum shunt_off_verdict {      /* on a decision: its counts add up to those made */
	SHUNT_OFF_TAKEN,      /* is being applied */
	SHUNT_OFF_STALE,      /* the object has changed since, or another core was first */
	SHUNT_OFF_GONE,       /* there is no such object any more */
	SHUNT_OFF_BUSY,       /* a thread that does not wait; or the mechanism could not apply it */
	SHUNT_OFF_LATE,       /* after its time */
	SHUNT_OFF_REFUSED,    /* names what is not there: the agent is wrong, or lies */
	SHUNT_OFF_VERDICTS
};

/* --- the mechanism's memory: agents map it for reading only ----------------------------------- */

struct shunt_off_event {
	__u64 at_ns;          /* CLOCK_MONOTONIC */
	__u32 n;              /* of its queue, one more than the last */
	__u32 obj;            /* 0: none, as of SHUNT_EV_IDLE */
	__u32 ver;            /* of the object, after the event */
	__u8 type, cls;
	__u16 core;
	__u64 arg;
};

SHUNT_ASSERT(sizeof(struct shunt_off_event) == 32, "two events a line");

/* Written by the thread of the mechanism that the queue belongs to. */
struct shunt_off_queue {
	__u32 head __shunt_line;                 /* number of the newest event; 0: none yet */
	struct shunt_off_event e[SHUNT_OFF_RING] __shunt_line; /* number n: at n % SHUNT_OFF_RING */
};

/* Whoever makes ver odd, by compare-and-swap, owns the object until he makes it even again; the
 * words between are his. Versions go on when the index is another object's. */
struct shunt_off_object {
	__u32 ver;
	__u8 state, cls;
	__u16 core;
	__u64 key;            /* the mechanism's: thread and start, address */
	__u64 since_ns;       /* in this state */
	__u64 arg;
};

SHUNT_ASSERT(sizeof(struct shunt_off_object) == 32, "two objects a line");

/* Written by the thread that takes from the slot. */
struct shunt_off_done {
	__u32 done __shunt_line;   /* number of the last decision that was looked at */
	__u32 taken;               /* bit i: decision done - i was applied */
	__u32 bell;                /* 1: the thread sleeps until it is rung */
	__u32 pad;
	__u64 count[SHUNT_OFF_VERDICTS] __shunt_line;
	__u64 fallback;            /* times that the mechanism decided itself */
};

struct shunt_off_ctl {
	__u32 abi, kind;           /* SHUNT_OFF, enum shunt_off_kind */
	__u32 nqueues, nslots, nobjects; /* of objects 1 to nobjects - 1 can be named */
	__u32 nclasses;
	__u64 len;                 /* of this memory, in bytes */
	__u32 epoch __shunt_line;  /* the number of the agent in force, from 1; the mechanism writes
				    * it once a take-over */
};

/* --- the agent's memory: the mechanism maps it for reading only ------------------------------- */

struct shunt_off_decision {
	__u32 n;              /* of its slot: one more than the last */
	__u32 epoch;          /* of the agent */
	__u32 obj;            /* 0: the head of class cls, whichever it is */
	__u32 ver;            /* of the object; obj 0: not looked at */
	__u8 op, cls;
	__u16 core;           /* where; of threads, the slot's own */
	__u32 quantum_us;     /* 0: as the mechanism has it */
	__u64 until_ns;       /* void after that; 0: never */
	__u64 arg;            /* the agent's own */
};

SHUNT_ASSERT(sizeof(struct shunt_off_decision) == 40, "as both sides have it");

struct shunt_off_place {
	struct shunt_off_decision d __shunt_line;
};

struct shunt_off_slot {
	struct shunt_off_place place[SHUNT_OFF_DEPTH]; /* number n: at n % SHUNT_OFF_DEPTH */
	__u32 rings __shunt_line; /* times that the agent has rung; the mechanism sleeps on it */
};

struct shunt_off_agent {
	__u32 abi, epoch;          /* as in ctl: written by the mechanism, before the hand-over */
	__u64 beat_ns __shunt_line; /* when the agent last looked; a hint */
	__u64 lost;                /* events that it did not read in time; a hint */
	__u32 seen[SHUNT_OFF_QUEUES_MAX] __shunt_line; /* last event of each queue; a hint */
	struct shunt_off_slot slot[SHUNT_OFF_SLOTS_MAX];
};

/* The sizes of a mechanism's memory. */
struct shunt_off_sizes {
	enum shunt_off_kind kind;
	unsigned int queues, slots, objects, classes;
};

/* --- libshunt-offload ------------------------------------------------------------------------- */

#ifndef __bpf__
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Functions return 0 or more, or -errno. A thread has a queue, and a slot, of its own. */

/* The mechanism. */
struct shunt_off;
struct shunt_off *shunt_off_open(const struct shunt_off_sizes *sizes); /* NULL: errno */
void shunt_off_close(struct shunt_off *o);
/* A socket in the file system by which agents join; for poll(). */
int shunt_off_listen(struct shunt_off *o, const char *path);
/* Lets the agent join that waits at the socket, in the place of the one before, who is told so by
 * the end of his connection. 1; 0: none waits. Serves the end of an agent's connection, too. */
int shunt_off_accept(struct shunt_off *o);
/* New memory for the next agent; its two descriptors (mechanism's, for reading; agent's). What the
 * one before writes from then on, nobody reads. Waits for takes that are under way. */
int shunt_off_replace(struct shunt_off *o, int fd[2]);
/* Has the agent shown itself since so long ago? A hint: agents may lie. */
int shunt_off_alive(const struct shunt_off *o, __u64 within_ns);
/* The last event that it has read of a queue, and how many it lost in all, as it says: hints. */
__u32 shunt_off_seen(const struct shunt_off *o, unsigned int queue);
__u64 shunt_off_missed(const struct shunt_off *o);
/* An event; the library gives n, which is returned, and at_ns. */
__u32 shunt_off_emit(struct shunt_off *o, unsigned int queue, const struct shunt_off_event *ev);
/* The object's first version, or its next: owns it. 0, or -EAGAIN: it changes, or has changed. */
int shunt_off_claim(struct shunt_off *o, __u32 obj, __u32 ver);
/* Ends the ownership; everything but ver comes from "as". The new version. */
__u32 shunt_off_publish(struct shunt_off *o, __u32 obj, const struct shunt_off_object *as);
__u32 shunt_off_version(const struct shunt_off *o, __u32 obj);
/* A copy of the object as it is, to be claimed in that version. -EAGAIN: it changes. */
int shunt_off_look(const struct shunt_off *o, __u32 obj, struct shunt_off_object *to);
/* 1: *d is to be applied, and d->obj is claimed (0: the head of d->cls). 0: nothing is staged that
 * can be. Looks at SHUNT_OFF_DEPTH decisions at most. */
int shunt_off_take(struct shunt_off *o, unsigned int slot, struct shunt_off_decision *d);
/* Asks for the cache line of the next decision, shortly before a take. */
void shunt_off_prefetch(const struct shunt_off *o, unsigned int slot);
/* The decision that was taken last could not be applied: it counts as this, and no more as taken.
 * The object stays claimed. */
void shunt_off_untake(struct shunt_off *o, unsigned int slot, enum shunt_off_verdict as);
/* The mechanism has decided itself. */
void shunt_off_fallback(struct shunt_off *o, unsigned int slot);
/* Sleeps until the agent rings, or a decision is there already, or for so long. 1: look; 0: the
 * time is over. */
int shunt_off_wait(struct shunt_off *o, unsigned int slot, __u64 most_ns);
/* Counts of all slots: of verdicts, and fallback behind them. */
void shunt_off_counts(const struct shunt_off *o, __u64 count[SHUNT_OFF_VERDICTS + 1]);

/* The agent. */
struct shunt_off_view;
/* NULL: errno. */
struct shunt_off_view *shunt_off_join(const char *path);
struct shunt_off_view *shunt_off_map(const int fd[2]);
void shunt_off_leave(struct shunt_off_view *v);
const struct shunt_off_ctl *shunt_off_ctl(const struct shunt_off_view *v);
/* 1: another agent is in force, or the mechanism is gone. */
int shunt_off_replaced(const struct shunt_off_view *v);
/* Up to n events, of all queues by turns; how many. */
int shunt_off_poll(struct shunt_off_view *v, struct shunt_off_event *ev, int n);
/* Events that were overwritten before they were read: look at the objects. */
__u64 shunt_off_lost(const struct shunt_off_view *v);
/* A copy of the object as it is. -EAGAIN: it changes. */
int shunt_off_object(const struct shunt_off_view *v, __u32 obj, struct shunt_off_object *to);
/* Decisions of the slot that have not been looked at. */
unsigned int shunt_off_staged(struct shunt_off_view *v, unsigned int slot);
/* Puts a decision behind them; the library gives n and epoch. -ENOSPC: the slot is full. */
int shunt_off_stage(struct shunt_off_view *v, unsigned int slot,
		    const struct shunt_off_decision *d);
/* Wakes the threads of those slots (bits) that sleep. How many. */
int shunt_off_ring(struct shunt_off_view *v, __u64 slots);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
