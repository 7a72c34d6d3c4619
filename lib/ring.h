/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h - AF_XDP rings, mapped from a socket that may be somebody else's
 *
 * libxdp wants to make the socket itself, which needs CAP_NET_RAW; a worker is handed one. Receive
 * rings are popped by many cores: the consumer index moves by compare-and-swap only.
 */
#pragma once

#include <linux/if_xdp.h>
#include <stdbool.h>
#include <stddef.h>

enum shunt_ring_kind { SHUNT_RING_RX, SHUNT_RING_TX, SHUNT_RING_FILL, SHUNT_RING_COMP };

struct shunt_ring {
	__u32 *prod;
	__u32 *cons;
	__u32 *flags;
	union {
		struct xdp_desc *desc; /* RX, TX */
		__u64 *addr;           /* FILL, COMP */
	};
	__u32 mask;
	void *map;
	size_t map_len;
};

/* Maps one ring of socket fd; size as it was set, a power of two. 0 or -errno. */
int shunt_ring_map(struct shunt_ring *r, int fd, enum shunt_ring_kind kind, __u32 size);
void shunt_ring_unmap(struct shunt_ring *r);

/* Acquire: entries below the producer index are read after it. */
static inline __u32 ring_prod(const struct shunt_ring *r)
{
	return __atomic_load_n(r->prod, __ATOMIC_ACQUIRE);
}

static inline __u32 ring_cons(const struct shunt_ring *r)
{
	return __atomic_load_n(r->cons, __ATOMIC_ACQUIRE);
}

/* Release: entries (or, for the consumer, what was read from them) are done before the index. */
static inline void ring_set_prod(struct shunt_ring *r, __u32 prod)
{
	__atomic_store_n(r->prod, prod, __ATOMIC_RELEASE);
}

static inline void ring_set_cons(struct shunt_ring *r, __u32 cons)
{
	__atomic_store_n(r->cons, cons, __ATOMIC_RELEASE);
}

/*
 * Does the kernel wait to be told of entries? Where it copies, always of those to send and never of
 * free frames. A driver without copying says so in the ring, and else looks by itself. The barrier
 * orders the producer index before the word: either the word is seen, or the driver sees the index.
 * Some drivers write it only after their last look, so whoever leaves entries behind looks again.
 */
static inline bool ring_needs_wakeup(const struct shunt_ring *r)
{
	__sync_synchronize();
	return __atomic_load_n(r->flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP;
}

static inline __u32 ring_count(const struct shunt_ring *r)
{
	return ring_prod(r) - ring_cons(r);
}

/*
 * Takes the entry at index "cons" if nobody else did. The descriptor was read before; that read is
 * ordered before the swap (release), and what follows after it (acquire).
 */
static inline bool ring_take(struct shunt_ring *r, __u32 cons)
{
	return __atomic_compare_exchange_n(r->cons, &cons, cons + 1, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}
