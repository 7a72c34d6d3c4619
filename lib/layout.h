/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.h - the memory of one domain: UMEM frames, then notes of the cores by which the agent
 * reclaims them
 *
 * One sealed memfd: nframes * chunk bytes are the UMEM, the rest is struct shunt_ctl. Made by the
 * agent, mapped by agent and worker. Nothing in it is trusted by the agent.
 */
#pragma once

#include <stddef.h>
#include <unistd.h>

#include <shunt/abi.h>

/*
 * Frames that one NAPI round may have taken from the fill ring without saying so yet: the kernel
 * publishes a round's receive entries first, then what it took from the fill ring. A worker may
 * give back such a frame in between.
 */
#define SHUNT_NAPI 64

/* Sizes of a domain's rings and memory: fixed when the agent makes them, told to the worker. */
struct shunt_geometry {
	__u32 nframes;
	__u32 chunk;
	__u32 core_ring; /* receive and send ring of a core: powers of two, like all below */
	__u32 hold_ring;
	__u32 fill_ring; /* fill and completion rings: at least SHUNT_NAPI
			  * more than the frames that are at home in one */
	__u32 ncores;
	__u32 nclasses;
	__u32 nqueues;   /* where the NIC chooses the queue: one
			  * a core, with rings of its own; else 0 */
	__u32 mtu;       /* of the interface, when the sockets were made */
};

/* Frames that each core has from the start, in no ring, to send replies of several datagrams. */
#define SHUNT_SPARE 16

/* A preempted request that waits, so that it is counted if its process dies. */
struct shunt_parked {
	__u64 id;    /* 0: none */
	__u32 frame; /* by number */
	__u32 cls;
	__u32 slot;  /* of the process that has this place, + 1;
		      * 0: it is free. Taken by compare-and-swap */
	__u32 actor; /* its number, + 1; 0: none */
	__u32 pad[2];
};

/* The indexes that a move of frames leaves behind: a move that is done again changes nothing. */
struct shunt_move {
	__u32 what;  /* enum shunt_move_what: a move is under way,
		      * and the fields below hold; 0: none is */
	__u32 ring;  /* number of the fill ring */
	__u32 fill;  /* that ring's producer, behind the frames that the ring gets */
	__u32 comp;  /* the completion ring's consumer */
	__u32 tx;    /* the send ring's producer */
	__u32 n;     /* frames that the core's list has then */
	__u32 hole;  /* the list's entry n moves to this place; = n: no entry moves */
};

enum shunt_move_what {
	SHUNT_MOVE_LIST = 1, SHUNT_MOVE_FILL = 2, SHUNT_MOVE_COMP = 4, SHUNT_MOVE_TX = 8
};

/* Frames that a core's list has room for: those that a living
 * core keeps, and all that a dead process may have had. */
#define SHUNT_FREE_ROOM 384

/* Frames that core i has in no ring. Written by core i (ledger.h);
 * when its process is dead, by the agent, for the next one. */
struct shunt_free {
	__u32 n;
	struct shunt_move move;
	__u32 frame[SHUNT_FREE_ROOM]; /* by number */
} __shunt_line;

struct shunt_ctl {
	__u32 abi;
	/*
	 * Locks of the fill rings: SHUNT_HOLDER() of the core that writes, 0 = nobody. Try-locks;
	 * the agent breaks those of a dead process. The first lock is also the completion ring's,
	 * if there is one for all cores.
	 */
	struct {
		__u32 holder __shunt_line;
	} fill_lock[SHUNT_CORES];
	/* Written by the core that parks or resumes (ledger.h). */
	struct shunt_parked parked[SHUNT_PARKED] __shunt_line;
	struct shunt_free free[]; /* of each core */
};

/* Core i of the process in that slot. */
#define SHUNT_HOLDER(slot, core) ((__u32)(slot) << 8 | ((core) + 1))

/* The number of the frame that an address is in: chunk is a power of two. */
static inline __u32 shunt_frame_of(const struct shunt_geometry *g, __u64 addr)
{
	return addr >> __builtin_ctz(g->chunk);
}

static inline size_t shunt_frames_len(const struct shunt_geometry *g)
{
	return (size_t)g->nframes * g->chunk;
}

/*
 * The metadata below a packet at that address, as a ring has it. NULL: the kernel put no packet
 * there. A worker may have made up any address: on an atomic access across two lines of the cache
 * all CPUs wait, or the process that does it is sent a signal.
 */
static inline struct shunt_meta *shunt_meta_of(void *memory, const struct shunt_geometry *g,
					       __u64 addr)
{
	if (addr >= shunt_frames_len(g) || addr % _Alignof(struct shunt_meta) ||
	    (addr & (g->chunk - 1)) < sizeof(struct shunt_meta))
		return NULL;
	return (struct shunt_meta *)((char *)memory + addr - sizeof(struct shunt_meta));
}

/* Pairs of a fill and a completion ring. */
static inline __u32 shunt_fill_rings(const struct shunt_geometry *g)
{
	return g->nqueues ? g->nqueues : 1;
}

/* The fill ring that a frame (by number) goes back to: so each
 * has its part of them, whoever took what came through its queue. */
static inline __u32 shunt_home(const struct shunt_geometry *g, __u32 frame)
{
	__u32 rings = shunt_fill_rings(g), home = frame / (g->nframes / rings);

	return home < rings ? home : rings - 1;
}

static inline size_t shunt_memory_len(const struct shunt_geometry *g)
{
	size_t len = shunt_frames_len(g) + sizeof(struct shunt_ctl) +
		     g->ncores * sizeof(struct shunt_free);
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}

/* chunk is a multiple of no page size in particular, nframes is chosen so that this is aligned. */
static inline struct shunt_ctl *shunt_ctl_of(void *memory, const struct shunt_geometry *g)
{
	return (struct shunt_ctl *)((char *)memory + shunt_frames_len(g));
}
