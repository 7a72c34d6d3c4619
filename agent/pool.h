/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - what of a domain outlives a worker: memory,
 * sockets, rings, view, and what is remembered of them
 */
#pragma once

#include "state.h"

struct domain;
struct shunt_pins;

struct pool {
	struct domain_state *state;
	struct rings r;
	int memory;            /* the store's, like the sockets */
	int sock[SHUNT_SLOTS]; /* in the order of WELCOME */
	int view_fd;

	void *witness;         /* a mapping of the frames that nobody
				* touches (holes.c); NULL: there is none */
	bool full;             /* a receive ring was full, when we last looked */
	bool holes;            /* frames were taken away from the kernel */
	__u64 bad_frames;      /* requests that made no sense to workers, when we last looked */
	__u64 kept_ns;         /* the next look at frames that the kernel may have kept aside */
	__u64 made_ns;         /* when the frames were made, or taken over */
};

/* The parts that a pool is made of, in this order, each into
 * the store. 0, or -errno: then pool_let_go(). */
int pool_make_state(struct domain *d, unsigned int ifindex, const struct shunt_geometry *geo);
int pool_make_memory(struct domain *d);
/* Not bound yet; their rings are mapped. */
int pool_make_sockets(struct domain *d);
int pool_store_as(struct domain *d, const char *what, int fd);
/* The k-th socket of the domain, here and in the store; closed on failure. */
int pool_keep_socket(struct domain *d, __u32 k, int fd);
/* New memory: the first frames of each home are the next worker's, all others the kernel's. */
void pool_fill(struct domain *d);
/* Once the fill rings have frames: a driver asks for its first ones when it is bound to, and some
 * never again. -ENOSYS: the kernel is too old for workers. -EBUSY: a queue is in use; or the next
 * try copies packets, as the driver failed to do without. */
int pool_bind(struct domain *d);
/* The queues (bit k: the domain's k-th) whose driver receives into frames, and so
 * holds some that no ring shows. Asked of the sockets: they alone know. */
__u64 pool_zero_copy(const struct domain *d);
/* Wakes drivers that found a fill ring empty and wait for frames, which are there by now: whoever
 * filled it may have looked before the driver said so. At each tick; where no driver waits, the
 * kernel does nothing. */
void pool_wake(const struct domain *d);
/* Descriptors of the store, if all are there, and state, if it is of this load. */
bool pool_find(struct domain *d, unsigned int ifindex);
int pool_map_memory(struct domain *d);
int pool_map_rings(struct domain *d);
/* Lets go of all of it, here and in the keeper. */
void pool_let_go(struct domain *d);

/* view.c: opens and maps the view. 0 or -errno; the descriptor
 * is let go of by pool_let_go(), after a failure, too. */
int view_open(struct domain *d, const struct shunt_pins *pins);

/* All sockets are where XDP finds them. How many were missing, or -errno. */
int pool_put_sockets(struct domain *d);
/* Sockets that leave the map are not fed any more, whoever still has them. */
void pool_remove_sockets(struct domain *d);
