/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - the state of a domain that outlives its shuntd; may we go on with another shuntd's?
 *
 * The other shuntd may be another version of the same ABI. So the file has room from the start,
 * fields are only ever appended, and what a newer version wrote behind those that we know stays as
 * it is.
 */
#pragma once

#include "frames.h"
#include "phase.h"

#define EXPIRE_AT_ONCE 256 /* requests that one step takes from a ring (expire.c) */

#define STATE_ACTORS (2 * SHUNT_CORES + SHUNT_PARKED) /* that die with a worker */

/* Sums of an actor that are to be. */
struct actor_sums {
	__u32 nr;
	__u32 pad;
	__u64 lost, replied;
};

struct actor_expired {
	__u32 nr;
	__u32 pad;
	__u64 sum;
};

/*
 * The part of a domain that must outlive the agent, in a memfd that keeper and agent alone have.
 * Before something is added to a count, the sum is written here, so that adding again changes
 * nothing.
 */
struct domain_state {
	__u32 size;         /* of this struct, in the newest version that had it (state.h) */
	__u32 ready;        /* memory and sockets are all made and in the store */
	__u32 map_id;       /* the load (maps.h) that they were made for */
	__u32 ifindex;
	struct shunt_geometry geo;

	__u32 worker_pid;   /* 0: none */
	__u32 worker_cores;
	__u32 step;         /* enum reclaim_step */
	__u32 died;         /* of the worker whose remains are taken back: it did not say BYE */
	__u64 lost[SHUNT_CLASSES];    /* sums to be, from RECLAIM_COUNT on */
	__u64 replied[SHUNT_CLASSES];
	__u64 deaths;

	/* Requests that earlier sockets refused; each socket counts from 0. */
	__u64 refused_cls[SHUNT_CLASSES];
	__u64 refused_core[SHUNT_CORES];
	__u64 no_frame;

	__u32 kept[FRAMES_KEPT]; /* frame + 1 that the kernel may have in no ring; 0: none */
	__u32 kept_cons[SHUNT_CORES]; /* once a fill ring's consumer is past
				       * this, kept can be looked at again */
	__u32 slot;         /* of the worker in the domain, or of the last one */
	__u8 core_slot[SHUNT_CORES]; /* whose core i is; SHUNT_WORKERS: nobody's */

	__u64 unserved_ns;  /* when the last core went off */
	struct expiring {   /* requests that are being taken out of a ring (expire.c) */
		__u32 ring; /* its slot + 1; 0: none are. Written last of these */
		__u32 cons; /* the ring's consumer before */
		__u64 sum[SHUNT_CLASSES]; /* counts of expired requests after it */
		__u32 nframes, frame[EXPIRE_AT_ONCE]; /* theirs */
		__u32 fill[SHUNT_CORES]; /* producers of the fill rings before they get them */
		__u32 nactors;           /* of actors, the same as sum: */
		struct actor_expired actor[EXPIRE_AT_ONCE];
	} expiring;
	__u32 owner;        /* the user whose workers have had this memory, + 1; 0: nobody */
	__u32 left;         /* the worker said goodbye; worker_pid
			     * is its process until that has ended */
	__u64 steered_known; /* a bit a core: steered_base is known */
	__u32 steered_base[SHUNT_CORES]; /* requests sent to core i before
					  * its ring was made (steered.h) */
	__u32 nactors;      /* actors whose requests died with the worker, from
			     * RECLAIM_COUNT on */
	struct actor_sums actor[STATE_ACTORS];
	__u32 rows;         /* on a host: the digest of the actors that its worker knows */
};

static inline enum domain_phase phase_of(const struct domain_state *s)
{
	if (s->step)
		return DOMAIN_RECLAIM;
	return !s->worker_pid ? DOMAIN_FREE : s->left ? DOMAIN_LEFT : DOMAIN_TAKEN;
}

/* Bytes of the file: for all versions of an ABI. */
#define STATE_ROOM 32768
/* The length that all versions of this ABI have. Once a
 * field is appended: offsetof() of the first such field. */
#define STATE_MIN sizeof(struct domain_state)

/* NULL: yes; else why not, in words that follow "it". */
const char *state_misfit(int fd, const struct domain_state *s, __u32 map_id, unsigned int ifindex);
