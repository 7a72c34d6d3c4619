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
#include <shunt/proof.h>

#define SHUNT_WIRE 3              /* version */
#define SHUNT_WIRE_PROTO 0x88b5
#define SHUNT_WIRE_K 2            /* outstanding requests a core, unless set */
#define SHUNT_WIRE_K_MAX 8
#define SHUNT_WIRE_WINDOW 16      /* sequence numbers of a core that may be open; a power of two */
#define SHUNT_WIRE_MIN 60         /* Ethernet's smallest frame */

enum shunt_wire_type {
	SHUNT_WIRE_HELLO = 1, /* host: a core asks for its next epoch; repeated: are you there? */
	SHUNT_WIRE_WELCOME,   /* NIC: this is your epoch, and its cookie */
	SHUNT_WIRE_REFUSE,    /* NIC: no, because; and which epoch and process there are */
	SHUNT_WIRE_CREDIT,    /* core: which requests it has taken,
			       * and which of them have not ended */
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
	__u16 bytes;      /* of the frame; the rest is padding */
	__u32 epoch;      /* of this core, from 1; HELLO: that it
			   * asks for; REFUSE: the present one */
	__u64 cookie;     /* of the epoch; HELLO, REFUSE: 0 */
};
SHUNT_ASSERT(sizeof(struct shunt_wire) == 32, "how a frame begins");

enum shunt_wire_flags {
	SHUNT_WIRE_HEAD = 1, /* CREDIT: the parked request goes to the
			      * head of its queue, not the tail */
	/* CREDIT: the core ends: no more requests, but the parked ones of its process. NOTE: there
	 * are none, and nothing is under way to it. */
	SHUNT_WIRE_LEAVE = 2,
	SHUNT_WIRE_SIGNAL = 4, /* CREDIT: it took a signal to stop the parked request */
};

/*
 * HELLO, WELCOME and REFUSE have one length, and end with a proof (proof.h) that only the holders
 * of the core's key can make: the NIC and shuntd on the core's host. An answer repeats the nonce of
 * its HELLO, so that an answer to an earlier one is no answer.
 *
 * The NIC counts epochs a core and processes a host. A HELLO must ask for the epoch after the
 * present one, in the present process or the one after it, in the NIC's present life; else REFUSE
 * tells all three.
 */
struct shunt_wire_hello {
	struct shunt_wire w;
	__u64 nonce;      /* at random, one for each epoch asked for */
	__u32 actors;     /* digest of the actors' names and kinds, as the host
			   * has them (lib/actor_rows.h); 0: it has none */
	__u32 life;       /* of the NIC, as far as the host knows; 0: it does not */
	__u64 process;    /* SHUNT_WIRE_PROCESS: of the worker; tokens are bound to it */
	__u64 proof;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_hello) == 64, "hello");

/* A process: its number, counted by the NIC, and a nonce that
 * tells it from another that asked for the same number. */
#define SHUNT_WIRE_PROCESS(number, random) ((__u64)(number) << 32 | (__u32)(random))
#define SHUNT_WIRE_NUMBER(process) ((__u32)((process) >> 32))

struct shunt_wire_welcome {
	struct shunt_wire w;
	__u64 nonce;      /* as in the HELLO */
	__u16 k;          /* requests that the core may have outstanding */
	__u16 credit;     /* bytes that a CREDIT must have: it becomes the next request in place */
	__u32 life;       /* of the NIC, until it restarts: another one has no token of this one */
	__u64 process;    /* as in the HELLO */
	__u64 proof;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_welcome) == 64, "welcome");

enum shunt_wire_reason {
	SHUNT_WIRE_VERSION = 1, /* w.version is the one that the NIC speaks; without a proof */
	SHUNT_WIRE_NO_CORE,     /* this number belongs to another MAC */
	SHUNT_WIRE_OLDER,       /* epoch, process or life is not the next one:
				 * w.epoch, process and life are the present ones */
	SHUNT_WIRE_NO_COOKIE,   /* the NIC's agent has no fresh cookie: later */
	SHUNT_WIRE_ACTORS,      /* the NIC has other actors than the host */
};

struct shunt_wire_refuse {
	struct shunt_wire w;
	__u64 nonce;      /* as in the HELLO */
	__u32 reason;     /* enum shunt_wire_reason; here in all versions */
	__u32 life;
	__u64 process;    /* the host's present one */
	__u64 proof;
};
SHUNT_ASSERT(sizeof(struct shunt_wire_refuse) == 64, "refuse");

/*
 * A credit is the core's whole state, not a change: the last one that arrives is all that the NIC
 * needs. "high" moves by REQUEST, RESUME and NOTE with a greater number, and by nothing else; a
 * core takes only what moves it. So a request at or below "high" that is not in "taken" is never
 * served by this core, and may go to another.
 */
struct shunt_wire_credit {
	struct shunt_wire w;
	__u32 nr;         /* of this credit, from 1: later ones are greater */
	__u32 high;       /* highest number seen; 0: none yet */
	__u32 taken;      /* bit i: number high - i was taken */
	__u32 open;       /* bit i: it was, and has not ended, or
			   * its token is not known to be queued */
	__u32 run;        /* number of the request that runs; 0: none */
	__u32 park;       /* number of a request that is parked; 0:
			   * none. Repeated until acknowledged */
	__u64 token;      /* of that: opaque to the NIC */
	__u64 busy_ns;    /* time in handlers so far */
	__u32 done;       /* requests ended so far */
	__u32 silent;     /* bit i: it ended without a reply */
	/* Sums of the class of the request that ended last,
	 * in this epoch; as in struct shunt_core_class. */
	__u32 cls;
	__u32 timed;
	__u64 service_ns;
	__u64 service_sq;
	/* In this epoch, as in struct shunt_core_stats: held
	 * requests that came when it had nothing to do. */
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
	__u16 actor;      /* its actor's row, + 1; 0: it has none */
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
 * On the host, map "wire_epoch", one value a core: messages between shuntd and the worker. Both can
 * write all of it: a worker that writes shuntd's part harms its own cores alone.
 */
struct shunt_wire_epoch {
	/* Written by the core, "cookie" last: the virtual function's
	 * program compares arriving frames with these. */
	__u64 cookie;     /* 0: no epoch, nothing comes through */
	__u32 epoch;
	__u32 ask;        /* counted up by the core: it has heard
			   * nothing for long, is the NIC there? */
	/* Written by shuntd: the epoch that the NIC has given to the core. */
	__u64 offer_cookie;
	__u32 offer_epoch;
	__u32 life;
	__u16 k;
	__u16 credit;
	__u32 offer_seq;  /* odd while it is being written */
	__u64 heard;      /* WELCOMEs */
	__u64 pad[2];
};
SHUNT_ASSERT(sizeof(struct shunt_wire_epoch) == 64, "wire epoch");

/*
 * On the host, map "wire_link", one value a core, written by shuntd and out of the worker's reach:
 * the nonce of its last HELLO. The virtual function's
 * program lets answers with this nonce through to shuntd.
 */
struct shunt_wire_link {
	__u64 nonce;      /* of the epoch asked for; 0: none is */
	__u64 process;
	__u32 epoch;      /* asked for, or given; without a nonce: the last */
	__u32 life;
	__u64 cookie;     /* 0: not given yet */
};
SHUNT_ASSERT(sizeof(struct shunt_wire_link) == 32, "wire link");
