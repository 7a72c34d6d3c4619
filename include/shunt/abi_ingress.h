/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_ingress.h - what XDP writes: metadata in front of a packet, and its own counts
 */
#pragma once

#include <shunt/abi_refuse.h>

/*
 * Metadata: what XDP puts in front of a packet that it redirects (bpf_xdp_adjust_meta).
 * Written by XDP before the redirect, read by the core that pops the descriptor.
 */
struct shunt_meta {
	__u64 id;         /* number of this request in its domain (of several queues:
			   * SHUNT_QUEUE_ID), from 1; a mark names it. The core that took
			   * it writes 0 once its run line tells of it (lib/ledger.h) */
	__u64 arrival_ns; /* CLOCK_MONOTONIC; 0: steered, so the core that gets it stamps it */
	__u32 hold_seq;   /* number in its class's hold queue (with SHUNT_META_HELD) */
	__u16 payload;    /* offset of the UDP payload from the start of the packet */
	__u16 len;        /* bytes of UDP payload */
	__u8 cls;
	__u8 flags;       /* enum shunt_meta_flags */
	__u8 abi;         /* SHUNT_ABI */
	__u8 ack;         /* wire transport: the token of the number so
			   * much lower than hold_seq is queued; 0: none */
	union {
		__u32 actor; /* shared memory: the id of its actor (abi_actor.h); 0: none */
		struct {     /* wire transport */
			__u16 epoch; /* its lowest bits */
			__u16 row;   /* of its actor, + 1; 0: none */
		};
	};
};
SHUNT_ASSERT(sizeof(struct shunt_meta) == 32, "metadata is at most 32 bytes on older kernels");

/* Queues of one domain count for themselves, and yet no two requests have the same number. */
#define SHUNT_QUEUE_ID(n, core) ((__u64)(n) * SHUNT_CORES + (core))

enum shunt_meta_flags {
	SHUNT_META_IPV6 = 1,
	SHUNT_META_HELD = 2, /* came through a hold queue, or a NIC's */
	SHUNT_META_FIRST = 4, /* wire transport: goes before the running
			       * request, once that used up its quantum */
};

/*
 * Ingress: XDP's own counts, one value a queue, pinned as "ingress". Written by XDP alone with
 * plain stores. The last value is for queues that are of no domain: there, several CPUs add
 * atomically.
 * Per class, always: arrived = steered + held + rejected + dropped + passed.
 */
enum shunt_pass { /* why a packet went on to the kernel untouched */
	SHUNT_PASS_L2,       /* not IPv4 or IPv6, too many VLAN tags, multicast */
	SHUNT_PASS_IP,       /* options, fragments, extension headers, bad lengths */
	SHUNT_PASS_PROTO,    /* not UDP */
	SHUNT_PASS_UDP,      /* truncated or inconsistent UDP header, source port 0 */
	SHUNT_PASS_PORT,     /* no service port */
	SHUNT_PASS_ADDR,     /* service port of another address */
	SHUNT_PASS_MAC,      /* service port, in a frame for another MAC */
	SHUNT_PASS_QUEUE,    /* the queue is no domain */
	SHUNT_PASS_CALL,     /* no call of ONC RPC, on a port that serves those */
	SHUNT_PASS_SERVICE,  /* the port is of another domain's service than the queue */
	SHUNT_NR_PASS,
};

enum shunt_deny { /* why a datagram for a service port was dropped, before
		   * it counts as a request: no answer must go there */
	SHUNT_DENY_MAC,      /* source MAC is a group's */
	SHUNT_DENY_SOURCE,   /* source address is no host's: 0/8, 127/8, 224/3
			      * (multicast, reserved, broadcast), ::/64, ff00::/8 */
	SHUNT_DENY_OWN,      /* source address is the receiver's own, or
			      * the broadcast address of a network of its */
	SHUNT_DENY_PORT,     /* source port is a service port: an answer
			      * would be a request to a server like this one */
	SHUNT_DENY_IP_SUM,   /* IPv4 header checksum is wrong (verify) */
	SHUNT_DENY_UDP_SUM,  /* UDP checksum is wrong (verify), or missing on IPv6 */
	SHUNT_NR_DENY,
};

enum shunt_event_count { /* things that should not happen, each bounded and counted */
	SHUNT_EV_NO_META,    /* the driver has no room for metadata */
	SHUNT_EV_NO_SOCKET,  /* no socket in xsks: agent or worker gone */
	SHUNT_EV_BAD_CORE,   /* the policy named a core that is not up */
	SHUNT_EV_BAD_CLASS,  /* a rule or port named a class that does not exist */
	SHUNT_EV_BAD_LOAD,   /* a core's counts were impossible */
	SHUNT_EV_BAD_BACKLOG, /* a class's counts were impossible */
	SHUNT_EV_BAD_LIMIT,  /* a hold limit was beyond the ring: clamped */
	SHUNT_EV_CORE_FULL,  /* the policy's core had a full ring: held instead */
	SHUNT_EV_CLAIM_LOST, /* the idle core had just taken something else: held instead */
	SHUNT_NR_EV,
};

struct shunt_ingress_class {
	__u64 arrived;
	__u64 steered;
	__u64 held;
	__u64 rejected;  /* the policy said so */
	__u64 dropped;   /* the policy said so, or fallback */
	__u64 limit;     /* of the dropped: the hold queue was at its limit */
	__u64 passed;    /* fallback */
	__u64 spill;     /* of the arrived: no rule named it, the port's default class took it */
};

struct shunt_ingress {
	__u64 id;                     /* last request's number: how many there were */
	__u32 enq[SHUNT_CLASSES];     /* held so far, mod 2^32: published in the view */
	__u32 sent[SHUNT_CORES];      /* steered to core i so far, mod
				       * 2^32: published in the view */
	__u64 pass[SHUNT_NR_PASS];
	__u64 ev[SHUNT_NR_EV];
	struct shunt_ingress_class cls[SHUNT_CLASSES];
	__u64 marks;                  /* running requests that were told to yield */
	__u64 signals;                /* running requests that were sent
				       * a signal, as they heeded no mark */
	__u64 late_id;                /* the request that is to be sent one, and its core: */
	__u64 late_core;              /* for the program that does so, called last */
	__u64 deny[SHUNT_NR_DENY];
	__u64 pad[2];
	__u64 said_no[SHUNT_CLASSES]; /* of the rejected and dropped: told so by a reply */
	__u64 unsaid[SHUNT_CLASSES];  /* of these, on a port with a refusal: not told, as the rate
				       * was used up, or no such reply fits the request */
	__u32 no_left[SHUNT_REFUSALS]; /* replies that this queue has drawn and not sent */
};
SHUNT_ASSERT(sizeof(struct shunt_ingress) % SHUNT_LINE == 0, "ingress");
