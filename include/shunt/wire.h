/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * wire.h - the wire transport: the frames between a NIC that schedules and the cores of its hosts
 *
 * Ethertype 0x88B5 (IEEE: local experiments), little-endian, one frame a message. docs/wire.md says
 * what is done about loss, duplication, reordering and restarts; tests/model/wire.pml proves it.
 * The first 32 bytes never change their meaning, so that other versions can be told.
 */
#pragma once

#include <shunt/abi.h>

#define SHUNT_WIRE 2              /* version */
#define SHUNT_WIRE_PROTO 0x88b5
#define SHUNT_WIRE_K 2            /* outstanding requests a core, unless set */
#define SHUNT_WIRE_K_MAX 8
#define SHUNT_WIRE_WINDOW 16      /* sequence numbers of a core that may be open; a power of two */
#define SHUNT_WIRE_MIN 60         /* Ethernet's smallest frame */

enum shunt_wire_type {
	SHUNT_WIRE_HELLO = 1, /* core: here I am, of this incarnation; repeated: are you there? */
	SHUNT_WIRE_WELCOME,   /* NIC: your epoch and its cookie */
	SHUNT_WIRE_REFUSE,    /* NIC: no, because */
	SHUNT_WIRE_CREDIT,    /* core: what I have taken, and what of it is not ended */
	SHUNT_WIRE_REQUEST,   /* NIC: serve this packet, which follows the header */
	SHUNT_WIRE_RESUME,    /* NIC: go on with the request of this token */
	SHUNT_WIRE_NOTE,      /* NIC: nothing to serve; skip, or your token is queued */
	SHUNT_WIRE_PREEMPT,   /* NIC's agent: this request is to yield */
};

/* How every frame begins. */
struct shunt_wire {
	__u8 to[6], from[6];
	__be16 proto;
	__u8 version;
	__u8 type;        /* enum shunt_wire_type */
	__u8 core;
	__u8 flags;       /* enum shunt_wire_flags */
	__u16 bytes;      /* of the frame; what follows is padding */
	__u32 epoch;      /* of this core, from 1; HELLO: 0 */
	__u64 cookie;     /* of the epoch; HELLO, REFUSE: the key that NIC and hosts share */
};
SHUNT_ASSERT(sizeof(struct shunt_wire) == 32, "how a frame begins");

enum shunt_wire_flags {
	SHUNT_WIRE_HEAD = 1, /* CREDIT: the parked request goes to the head of its queue, not the tail */
	/* CREDIT: the core ends: no more requests, but the parked ones of its process. NOTE: there are none,
	 * and nothing is under way to it. */
	SHUNT_WIRE_LEAVE = 2,
	SHUNT_WIRE_SIGNAL = 4, /* CREDIT: it took a signal to stop the parked request */
};

struct shunt_wire_hello {
	struct shunt_wire w;
	__u64 inc;        /* incarnation of the core: a later one is greater */
	__u64 process;    /* of the worker process: tokens are bound to it; a later one is greater */
};
SHUNT_ASSERT(sizeof(struct shunt_wire_hello) == 48, "hello");

struct shunt_wire_welcome {
	struct shunt_wire w;
	__u64 inc;        /* as in the HELLO */
	__u16 k;          /* requests that the core may have outstanding */
	__u16 credit;     /* bytes that a CREDIT must have: it becomes the next request in place */
	__u32 life;       /* of the NIC, until it restarts: another one has no token of this one */
};
SHUNT_ASSERT(sizeof(struct shunt_wire_welcome) == 48, "welcome");

enum shunt_wire_reason {
	SHUNT_WIRE_VERSION = 1, /* w.version is the one that the NIC speaks */
	SHUNT_WIRE_NO_CORE,     /* this number is not configured, or belongs to another MAC */
	SHUNT_WIRE_OLDER,       /* a later incarnation is there */
	SHUNT_WIRE_NO_COOKIE,   /* the NIC's agent has no fresh cookie: later */
};

struct shunt_wire_refuse {
	struct shunt_wire w;
	__u64 inc;        /* as in the HELLO */
	__u32 reason;     /* enum shunt_wire_reason */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_refuse) == 48, "refuse");

/*
 * A credit is the core's whole state, not a change: the last one that arrives is all that the NIC
 * needs. "high" moves by REQUEST, RESUME and NOTE with a greater number, and by nothing else; a core
 * takes only what moves it. So what is not in "taken" at or below "high" is never served by
 * this core, and may be given to another.
 */
struct shunt_wire_credit {
	struct shunt_wire w;
	__u32 nr;         /* of this credit, from 1: later ones are greater */
	__u32 high;       /* highest number seen; 0: none yet */
	__u32 taken;      /* bit i: number high - i was taken */
	__u32 open;       /* bit i: it was, and has not ended, or its token is not known to be queued */
	__u32 run;        /* number of the request that runs; 0: none */
	__u32 park;       /* number of a request that is parked; 0: none. Repeated until acknowledged */
	__u64 token;      /* of that: opaque to the NIC */
	__u64 busy_ns;    /* time in handlers so far */
	__u32 done;       /* requests ended so far */
	__u32 silent;     /* bit i: it ended without a reply */
	/* Of the class of the one that ended last, in this epoch; as in struct shunt_core_class. */
	__u32 cls;
	__u32 timed;
	__u64 service_ns;
	__u64 service_sq;
	/* In this epoch, as in struct shunt_core_stats: held requests that came when it had nothing to do. */
	__u32 found;
	__u32 found_late;
	__u64 found_max_ns; /* of all epochs of the process */
};
SHUNT_ASSERT(sizeof(struct shunt_wire_credit) == 120, "credit");

/* REQUEST: the packet follows, from its Ethernet header on. RESUME: nothing does. */
struct shunt_wire_request {
	struct shunt_wire w;
	__u32 seq;        /* of this core's epoch, from 1 */
	__u32 ack;        /* the token of this number is queued; 0: none */
	__u64 id;         /* of this sending, in the whole NIC: a PREEMPT names it */
	__u64 token;      /* RESUME */
	__u32 waited_ns;  /* in the NIC, by its clock; at most 2^32 - 1 */
	__u32 quantum_us; /* it has so long while others wait; 0: until it ends */
	__u16 payload;    /* offset of the UDP payload in the packet */
	__u16 len;        /* bytes of UDP payload */
	__u8 cls;
	__u8 flags;       /* enum shunt_meta_flags: SHUNT_META_IPV6, SHUNT_META_FIRST */
	__u16 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_request) == 72, "request");

struct shunt_wire_note {
	struct shunt_wire w;
	__u32 skip;       /* take nothing up to this number any more; 0: nothing to skip */
	__u32 ack;        /* the token of this number is queued; 0: none */
	__u64 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_note) == 48, "note");

struct shunt_wire_preempt {
	struct shunt_wire w;
	__u64 id;         /* of the request that shall yield, as in its REQUEST or RESUME */
	__u32 after_ns;   /* not before so much of the core's time; 0: at once */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_preempt) == 48, "preempt");

/*
 * On the host: the epoch of a core, with which its virtual function compares what comes. The map
 * "wire_epoch" has one value for each core of the host; written by the core, "cookie" last.
 */
struct shunt_wire_epoch {
	__u64 cookie;     /* 0: none yet; only WELCOME and REFUSE come through */
	__u32 epoch;
	__u32 pad;
};
