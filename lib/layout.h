/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.h - the memory of one domain: UMEM frames, then what cores leave for whoever buries them
 *
 * One sealed memfd: nframes * chunk bytes are the UMEM, the rest is struct shunt_ctl and the owner
 * tags. Made by the agent, mapped by agent and worker. Nothing in it is trusted by the agent.
 */
#pragma once

#include <stddef.h>
#include <unistd.h>

#include <shunt/abi.h>

/*
 * Frames that one NAPI round may have taken from the fill ring without saying so yet: the kernel
 * publishes a round's receive entries first, then what it took from the fill ring. A worker may give back such
 * a frame in between.
 */
#define SHUNT_NAPI 64

/* Sizes of a domain's rings and memory: fixed when the agent makes them, told to the worker. */
struct shunt_geometry {
	__u32 nframes;
	__u32 chunk;
	__u32 core_ring; /* receive and send ring of a core: powers of two, like all below */
	__u32 hold_ring;
	__u32 fill_ring; /* fill and completion rings: at least SHUNT_NAPI more than the frames that are at home in one */
	__u32 ncores;
	__u32 nclasses;
	__u32 nqueues;   /* where the NIC chooses the queue: one a core, with rings of its own; else 0 */
	__u32 mtu;       /* of the interface, when the sockets were made */
};

/* Frames that each core has from the start, in no ring, to send replies of several datagrams. */
#define SHUNT_SPARE 16

/* A preempted request that waits, so that it is counted if its process dies. */
struct shunt_parked {
	__u64 id;   /* 0: this place is free */
	__u32 cls;
	__u32 pad;
};

struct shunt_ctl {
	__u32 abi;
	/*
	 * Frames (by number) that are the next worker's own. The agent writes the list before a worker may attach:
	 * when the memory is new (the fill ring gets the others), and after each worker with what
	 * that one had in no ring; what exceeds ncores * SHUNT_SPARE goes to the fill ring. The
	 * worker takes all of them when it attaches.
	 */
	__u32 nspare;
	__u32 spare[SHUNT_CORES * SHUNT_SPARE];
	/* Whoever writes to a fill ring: core + 1, 0 = free. Try-locks; the agent clears them when the worker is
	 * dead. The first is also that of the completion ring, if there is one for all cores. */
	struct {
		__u32 holder __shunt_line;
	} fill_lock[SHUNT_CORES];
	/* Written by the core that parks or resumes (ledger.h). */
	struct shunt_parked parked[SHUNT_PARKED] __shunt_line;
	/* Owner tags follow: index + 1 of each ring entry, written by the core that took it (ledger.h). */
	__u32 owner[] __shunt_line;
};

static inline size_t shunt_frames_len(const struct shunt_geometry *g)
{
	return (size_t)g->nframes * g->chunk;
}

/* Pairs of a fill and a completion ring. */
static inline __u32 shunt_fill_rings(const struct shunt_geometry *g)
{
	return g->nqueues ? g->nqueues : 1;
}

/* The fill ring that a frame (by number) goes back to: so each has its part of them, whoever took what came
 * through its queue. */
static inline __u32 shunt_home(const struct shunt_geometry *g, __u32 frame)
{
	__u32 rings = shunt_fill_rings(g), home = frame / (g->nframes / rings);

	return home < rings ? home : rings - 1;
}

/* Number of the tag of entry "index" of the ring of slot (core, or SHUNT_HOLD_SLOT + class). */
static inline size_t shunt_owner_at(const struct shunt_geometry *g, __u32 slot, __u32 index)
{
	if (slot < SHUNT_HOLD_SLOT)
		return (size_t)slot * g->core_ring + (index & (g->core_ring - 1));
	return (size_t)g->ncores * g->core_ring +
	       (size_t)(slot - SHUNT_HOLD_SLOT) * g->hold_ring + (index & (g->hold_ring - 1));
}

static inline size_t shunt_memory_len(const struct shunt_geometry *g)
{
	size_t tags = (size_t)g->ncores * g->core_ring + (size_t)g->nclasses * g->hold_ring;
	size_t len = shunt_frames_len(g) + sizeof(struct shunt_ctl) + tags * sizeof(__u32);
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}

/* chunk is a multiple of no page size in particular, nframes is chosen so that this is aligned. */
static inline struct shunt_ctl *shunt_ctl_of(void *memory, const struct shunt_geometry *g)
{
	return (struct shunt_ctl *)((char *)memory + shunt_frames_len(g));
}
