/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_actor.h - actors: the rows by which requests find them, and the counts of each
 *
 * An actor is a row of the map "actors". A rule names a row, or several among which the port's key
 * chooses; the row says the class and the place. Each count has one writer, and lines of its own:
 * XDP on a CPU, a core of a worker, the agent. Per actor, always:
 *
 *   arrived = rejected + dropped + passed (XDP)
 *     + replied + noreply + expired (cores) + replied + lost + expired (agent) + open
 *
 * where open requests wait in rings or on stacks, run, or were refused by a full ring.
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_ACTORS 1024

/* The name of an actor in messages: 0 is none, as generations begin with 1. A number that another
 * actor gets has another generation then, so an old id reaches nobody. */
#define SHUNT_ACTOR_ID(gen, nr) ((__u32)(gen) << 16 | (__u16)(nr))
#define SHUNT_ACTOR_GEN(id) ((__u16)((id) >> 16))
#define SHUNT_ACTOR_NR(id) ((__u16)(id))

enum shunt_actor_state {
	SHUNT_ACTOR_NONE, /* there is no actor of this number */
	SHUNT_ACTOR_HERE, /* it is at its place */
};

enum shunt_actor_flags {
	SHUNT_ACTOR_PINNED = 1, /* it keeps its place until somebody says otherwise */
};

/* Pinned as "actors", one value an actor, mmapable. Written by the loader; the first eight bytes by
 * one store, as XDP reads them at once. */
struct shunt_actor_row {
	__u16 gen;
	__u8 state;    /* enum shunt_actor_state */
	__u8 flags;    /* enum shunt_actor_flags */
	__u8 cls;      /* of its requests */
	__u8 domain;   /* its place: the domain that has it … */
	__u8 core;     /* … and the core there to which its requests
			* go, + 1; 0: as the policy says */
	__u8 exclusive; /* at most so many of its requests are on the one core that
			 * has it; 0: any number, on any cores */
	char name[SHUNT_NAME_LEN];
	char kind[SHUNT_NAME_LEN]; /* the worker's name for its handlers; "": it has none */
	__u64 unused[3];
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_actor_row) == SHUNT_LINE, "a row is a line");

/* The first eight bytes of a row, little-endian, as XDP takes them apart. */
#define SHUNT_ROW_GEN(word) ((__u16)(word))
#define SHUNT_ROW_STATE(word) ((__u8)((word) >> 16))
#define SHUNT_ROW_CLS(word) ((__u8)((word) >> 32))
#define SHUNT_ROW_DOMAIN(word) ((__u8)((word) >> 40))
#define SHUNT_ROW_CORE(word) ((__u8)((word) >> 48))
#define SHUNT_ROW_EXCLUSIVE(word) ((__u8)((word) >> 56))

#define SHUNT_EXCLUSIVE 32 /* the most that a row's "exclusive" may say; a power of two */

/*
 * Where an exclusive actor is. Pinned as "actor_at", one value an actor, mmapable. Written by XDP,
 * on the one CPU at a time that the queue of the actor's domain has.
 *
 * Whether a request has ended is told by its place among those sent to its core, and by the view's
 * done[], which the worker writes. So it is a hint, by which requests are kept together, and proves
 * nothing: who needs to know takes the actor's lock (shunt_actor(3)).
 */
struct shunt_actor_at {
	__u32 core;    /* that its last request went to, + 1; 0: none yet */
	__u32 sent;    /* requests that went to cores so far, mod 2^32 */
	__u32 since;   /* of these, before it came to that core */
	__u32 pad;
	__u64 moved;   /* times that the policy named another core than before */
	__u64 full;    /* of the dropped: as many as there may be were on its core */
	__u16 seq[SHUNT_EXCLUSIVE]; /* of its last requests, the i-th at i modulo this: sent[core]
				     * of "ingress" with it, mod 2^16 */
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_actor_at) == 2 * SHUNT_LINE, "actor at");

/* XDP's counts. Pinned as "actor_in", one value an actor on each CPU (per-CPU array). */
struct shunt_actor_in {
	__u64 arrived;
	__u64 rejected; /* the policy said so */
	__u64 dropped;  /* the policy said so, or a limit, or fallback; or: */
	__u64 away;     /* of the dropped: came through a queue of another domain */
	__u64 none;     /* of the dropped: the row says that there is no such actor */
	__u64 passed;   /* fallback */
	__u64 pad[2];
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_actor_in) == SHUNT_LINE, "actor in");

/* A core's counts of an actor. Pinned as "actor_core0" …, one map a domain: value core *
 * cfg.nactors + actor, mmapable. Written by that core. Sums wrap: take differences. */
struct shunt_actor_core {
	__u64 replied;
	__u64 noreply;
	__u64 expired;
	__u64 timed;      /* of the ended: service time was measured */
	__u64 service_ns; /* sum of service times */
	__u64 service_sq; /* sum of (service time in ns)^2, mod 2^64 */
	__u64 pad[2];
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_actor_core) == SHUNT_LINE, "actor core");

/* The agent's counts. Pinned as "actor_agent", one value an actor, mmapable. */
struct shunt_actor_agent {
	__u64 replied;  /* replies that a dead worker had sent but not yet counted */
	__u64 lost;     /* requests that died with a worker */
	__u64 expired;  /* waited too long in rings while no worker served */
	__u64 pad[5];
} __shunt_line;
SHUNT_ASSERT(sizeof(struct shunt_actor_agent) == SHUNT_LINE, "actor agent");
