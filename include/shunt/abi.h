/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi.h - everything that XDP programs, loader, agent and workers share
 *
 * The only definition of each map value, of the metadata in front of a packet and of the
 * constants. Each field says who writes it. Change a layout: raise SHUNT_ABI.
 *
 * Writers: "XDP" is the ingress program of the domain's receive queue, which runs on one CPU
 * at a time (native mode); "core i" is the worker thread of core i; "agent" is shuntd;
 * "loader" is the shunt command; "root" is anyone with bpftool.
 * A worker can write a view and nothing else, so XDP and the agent bound all they read there.
 */
#pragma once

#include <linux/types.h>

#include <shunt/policy_ops.h>

#define SHUNT_ABI 6

#define SHUNT_CLASSES 16   /* kinds of request an interface can tell apart */
#define SHUNT_CORES 64     /* worker cores of one domain: one word of idle bits */
#define SHUNT_DOMAINS 16   /* receive queues of one interface that shunt serves, and domains at most */
#define SHUNT_RULES 256    /* rules of all ports together */
#define SHUNT_PORT_RULES 32 /* rules of one port */
#define SHUNT_KEY_MAX 32   /* bytes of a key that are hashed */
#define SHUNT_OFFSET_MAX 0xfff /* of a rule or a key in the payload */
#define SHUNT_KNOBS 16
#define SHUNT_STATES 16
#define SHUNT_CORE_STATES 8 /* and of each core: a line */
#define SHUNT_NAME_LEN 16
#define SHUNT_TEXT_LEN 96
#define SHUNT_SLO_MAX_US 10000000u
#define SHUNT_PARKED 256   /* preempted requests that one domain may have at most */
#define SHUNT_LINE 64      /* bytes of a cache line: the unit of "one writer" */
#define SHUNT_SIGNAL 23     /* SIGURG, ignored by who does not expect it: stops a request without safepoints, unless a worker named another */
#define SHUNT_SIGNAL_MAX 64

/* Sockets of domain D in the map "xsks": D * SHUNT_SLOTS + core, or + SHUNT_HOLD_SLOT + class. */
#define SHUNT_HOLD_SLOT SHUNT_CORES
#define SHUNT_SLOTS (SHUNT_CORES + SHUNT_CLASSES)

/* Room that a live hold limit leaves in its ring for what a burst still carries. */
#define SHUNT_RING_MARGIN 64

#define __shunt_line __attribute__((aligned(SHUNT_LINE)))

#ifdef __cplusplus
#define SHUNT_ASSERT(cond, text) static_assert(cond, text)
#else
#define SHUNT_ASSERT(cond, text) _Static_assert(cond, text)
#endif

/*
 * Metadata: what XDP puts in front of a packet that it redirects (bpf_xdp_adjust_meta).
 * Written by XDP before the redirect, read by the core that pops the descriptor.
 */
struct shunt_meta {
	__u64 id;         /* number of this request in its domain (of several queues: SHUNT_QUEUE_ID), from 1; a mark names it */
	__u64 arrival_ns; /* CLOCK_MONOTONIC; 0: steered, so the core that gets it stamps it */
	__u32 hold_seq;   /* number in its class's hold queue (with SHUNT_META_HELD) */
	__u16 payload;    /* offset of the UDP payload from the start of the packet */
	__u16 len;        /* bytes of UDP payload */
	__u8 cls;
	__u8 flags;       /* enum shunt_meta_flags */
	__u16 abi;        /* SHUNT_ABI */
	__u16 epoch;      /* wire transport: its lowest bits … */
	__u16 ack;        /* … and: the token of the number so much lower than hold_seq is queued; 0: none */
};
SHUNT_ASSERT(sizeof(struct shunt_meta) == 32, "metadata is at most 32 bytes on older kernels");

/* Queues of one domain count for themselves, and yet no two requests have the same number. */
#define SHUNT_QUEUE_ID(n, core) ((__u64)(n) * SHUNT_CORES + (core))

enum shunt_meta_flags {
	SHUNT_META_IPV6 = 1,
	SHUNT_META_HELD = 2, /* came through a hold queue, or a NIC's */
	SHUNT_META_FIRST = 4, /* wire transport: goes before what the core has, once that used up its quantum */
};

/*
 * Configuration of the interface. Pinned as "cfg", one value. Written by the loader.
 */
enum shunt_fallback { /* what becomes of requests while a domain has no core */
	SHUNT_FALLBACK_HOLD, /* wait in the hold queue, up to its limit */
	SHUNT_FALLBACK_PASS, /* the kernel's stack gets them */
	SHUNT_FALLBACK_DROP,
};

enum shunt_hang { /* what becomes of a worker process that is silent past hang_ms */
	SHUNT_HANG_TELL, /* its cores go off and the agent says so */
	SHUNT_HANG_KILL, /* and it is killed */
};

enum shunt_preempt { /* are requests preempted? */
	SHUNT_PREEMPT_AUTO, /* if the policy wants it (SHUNT_PREEMPTS) */
	SHUNT_PREEMPT_ON,
	SHUNT_PREEMPT_OFF,
};

enum shunt_verify { /* checksums that XDP verifies; drivers verify none before XDP */
	SHUNT_VERIFY_OFF,
	SHUNT_VERIFY_IP,  /* of the IPv4 header */
	SHUNT_VERIFY_UDP, /* and of UDP */
};

enum shunt_cfg_flags {
	SHUNT_CFG_ADDR4 = 1, /* requests are for addr4 only */
	SHUNT_CFG_ADDR6 = 2, /* requests are for addr6 only */
	SHUNT_CFG_STAMP = 4, /* XDP stamps steered requests too (33 ns each): exact sojourns */
	SHUNT_CFG_PREEMPT = 8, /* requests that used up their quantum yield to those that wait */
	SHUNT_CFG_SIGNAL = 16, /* XDP, too, signals requests that heeded no mark for grace_us */
	SHUNT_CFG_WIRE = 32,   /* the interface is the port of a NIC that schedules: include/shunt/wire.h */
	SHUNT_CFG_ANY_ADDR = 128, /* requests are for whatever address and MAC */
	SHUNT_CFG_CARD = 64,   /* a card's program chooses the queue, and its driver redirects to zero-copy sockets alone */
};

struct shunt_cfg {
	__u32 abi;
	__u32 flags;      /* enum shunt_cfg_flags */
	__u32 fallback;   /* enum shunt_fallback */
	__u32 ndomains;   /* the highest queue that is a domain, + 1: see domains[].on */
	__u32 nclasses;
	__u32 chunk;      /* bytes of a UMEM frame: 2048 or 4096 */
	__u32 core_ring;  /* entries of a core's receive and send ring; a power of two */
	__u32 hold_ring;  /* entries of a hold ring; a power of two */
	__u32 hang_ms;    /* 0: never */
	__u32 hang;       /* enum shunt_hang */
	__u32 spare_frames; /* frames a domain has beyond what its rings can hold */
	__be32 addr4;
	__be32 addr6[4];
	__u64 policy_gen; /* raised by each load and switch; slot policy_gen & 1 is the live one */
	__u32 preempt;    /* enum shunt_preempt: what the operator wants; the flag says what is */
	__u32 parked_max; /* preempted requests that may wait; at this bound nobody is preempted */
	__u32 watch_us;   /* the agent's look at running requests; 0: it marks nobody */
	__u32 grace_us;   /* from a mark that no safepoint heeds to a signal; 0: no signals */
	__u64 netns;      /* whose interface it is: the cookie of its network namespace (SO_NETNS_COOKIE) … */
	__u32 ifindex;    /* … and its number there */
	__u32 drain_ms;   /* how long a worker process may live after its goodbye; 0: as long as it likes */
	__u64 port_bits;  /* SHUNT_PORT_BIT() of each service port: which source ports are worth a look into "ports" */
	__u32 hold_age_ms; /* what waits while no worker serves expires after this; 0: never */
	__u32 verify;     /* enum shunt_verify: checksums that XDP verifies */
	__u64 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_cfg) == 128, "cfg");

#define SHUNT_PORT_BIT(port) (1ULL << ((port) & 63))

/*
 * Whom requests are for: the interface's MAC and addresses, or those that are configured. Pinned as "own", one value. Written by the
 * loader, then by the agent, which keeps it current: first the half of the slots that is not in use, then "use".
 *
 * An address stands in slot SHUNT_OWN_AT() of its hash; the seed is such that no two share one. So a look is one comparison.
 */
#define SHUNT_OWN_BITS 10
#define SHUNT_OWN_SLOTS (1 << SHUNT_OWN_BITS)
#define SHUNT_OWN_MAX 128 /* addresses: a seed for so many is found at once */
#define SHUNT_OWN_MAC 0x0000ffffffffffffULL /* the first six of eight bytes */
#define SHUNT_OWN_BIT(last_byte) (1ULL << ((last_byte) & 63)) /* of an address */
#define SHUNT_OWN_USE(half, seed) ((__u64)(half) << 32 | (__u32)(seed))
#define SHUNT_OWN_AT(hash) ((__u32)(hash) >> (32 - SHUNT_OWN_BITS))

enum shunt_own_kind { /* no source: all of IPv4 have bit 0 in common, those of IPv6 bit 1 */
	SHUNT_OWN_FREE,
	SHUNT_OWN4,
	SHUNT_OWN6,
	SHUNT_BROADCAST4, /* of a network that the interface is in */
	SHUNT_OTHER4 = 5, /* the interface's own, where the configuration names another: requests are not for it */
	SHUNT_OTHER6 = 6,
};

/* The seed is the lower half of "use". */
static inline __attribute__((always_inline)) __u32 shunt_own_hash4(__u32 seed, __be32 addr)
{
	return addr * seed;
}

static inline __attribute__((always_inline)) __u32 shunt_own_hash6(__u32 seed, const __be32 *addr)
{
	return ((((addr[0] * seed) ^ addr[1]) * seed ^ addr[2]) * seed ^ addr[3]) * seed;
}

struct shunt_own_slot {
	__be32 addr[4]; /* IPv4: the last */
	__u32 kind;     /* enum shunt_own_kind */
	__u32 pad;
};

struct shunt_own {
	__u64 use;      /* SHUNT_OWN_USE(half, odd seed); 0: nothing is written yet */
	__u8 mac[8];    /* and two bytes of 0 */
	__u64 mac_mask; /* SHUNT_OWN_MAC; 0: the interface has no MAC, any is right */
	__u64 last_bits; /* SHUNT_OWN_BIT() of each address: which sources are worth a look */
	__u64 pad[4];
	struct shunt_own_slot slot[2][SHUNT_OWN_SLOTS];
};
SHUNT_ASSERT(sizeof(struct shunt_own) % SHUNT_LINE == 0, "own");

/* A class. Pinned as "classes", one value a class. Written by the loader. */
enum shunt_requeue { SHUNT_HEAD, SHUNT_TAIL, SHUNT_REQUEUE_AUTO };

struct shunt_class {
	char name[SHUNT_NAME_LEN]; /* "" : not configured */
	__u32 requeue;             /* enum shunt_requeue */
	__u32 demote_after;        /* quanta used up while others waited, until … ; 0: never */
	__u32 demote_to;           /* … the request is queued as one of this class */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_class) == 32, "class");

/* A service port. Pinned as "ports", indexed by the port in host order. Written by the loader. */
#define SHUNT_PORT_ON 1

struct shunt_port {
	__u16 first;   /* its rules are rules[first .. first + count - 1], in this order */
	__u8 count;
	__u8 cls;      /* default class: what no rule names */
	__u8 flags;    /* SHUNT_PORT_ON */
	__u8 key_len;  /* key for policies that hash one: payload bytes, 0 = none */
	__u16 key_off;
};
SHUNT_ASSERT(sizeof(struct shunt_port) == 8, "a port is replaced by one 8-byte store");

/* A rule: (payload[offset .. offset+7] & mask) == value. Pinned as "rules". Written by the loader. */
struct shunt_rule {
	__u64 value;  /* bytes in the order of the packet, already masked */
	__u64 mask;   /* a byte that the payload lacks never matches unless its mask is 0 */
	__u16 offset;
	__u8 cls;
	__u8 pad[5];
};
SHUNT_ASSERT(sizeof(struct shunt_rule) == 24, "rule");

/*
 * A domain: one receive queue and the cores it feeds; or several, of a core each, among which the NIC chooses
 * (a card's program, or its hash). Pinned as "domains", one value a queue; a domain is known by its first one.
 * Mapped by the agent. A worker cannot write it: XDP trusts "up".
 */
struct shunt_domain {
	__u64 up;       /* agent: cores with a worker thread */
	__u32 on;       /* loader: 1 = a domain that shunt serves begins with this queue */
	__u32 ncores;   /* loader: sockets made for it */
	__u32 nqueues;  /* loader: where the NIC chooses: how many queues it has; else 0 */
	__u32 part_of;  /* loader: of a domain's further queues: its number + 1, and nothing else but this … */
	__u32 core;     /* … and the core that the queue feeds */
	__u32 user;     /* loader: the only user whose processes may be its worker, + 1; 0: whoever may be one */
	__u32 left;     /* agent: 1 = its worker has said goodbye, and lives */
	__u32 pad[7];
	__u8 queue[SHUNT_CORES]; /* loader: of each core, where the NIC chooses */
	__u16 cpu[SHUNT_CORES]; /* loader: where each core's thread is pinned */
};
SHUNT_ASSERT(sizeof(struct shunt_domain) == 256, "domain");

/*
 * Ingress: XDP's own counts, one value a queue, pinned as "ingress". Written by XDP alone with
 * plain stores. The last value is for queues that are of no domain: there, several CPUs add atomically.
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
	SHUNT_NR_PASS,
};

enum shunt_deny { /* why a datagram for a service port was dropped, before it counts as a request: no answer must go there */
	SHUNT_DENY_MAC,      /* source MAC is a group's */
	SHUNT_DENY_SOURCE,   /* source address is no host's: 0/8, 127/8, 224/3 (multicast, reserved, broadcast), ::/64, ff00::/8 */
	SHUNT_DENY_OWN,      /* source address is the receiver's own, or the broadcast address of a network of its */
	SHUNT_DENY_PORT,     /* source port is a service port: an answer would be a request to a server like this one */
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
	__u32 sent[SHUNT_CORES];      /* steered to core i so far, mod 2^32: published in the view */
	__u64 pass[SHUNT_NR_PASS];
	__u64 ev[SHUNT_NR_EV];
	struct shunt_ingress_class cls[SHUNT_CLASSES];
	__u64 marks;                  /* running requests that were told to yield */
	__u64 signals;                /* and those that were sent a signal, as they did not */
	__u64 late_id;                /* the request that is to be sent one, and its core: */
	__u64 late_core;              /* for the program that does so, called last */
	__u64 deny[SHUNT_NR_DENY];
	__u64 pad[4];
};
SHUNT_ASSERT(sizeof(struct shunt_ingress) % SHUNT_LINE == 0, "ingress");

/*
 * View: the state of one domain that policies look at, shared by XDP and the domain's worker.
 * One map a domain ("view0" …), in the map of maps "views"; mapped by the worker, so nothing here
 * is trusted by XDP or the agent.
 */

/* What core i runs, and what it was about to take: read by the agent when the worker is dead. The order: lib/ledger.h. */
struct shunt_core_run {
	__u64 id;        /* request it runs; 0: none */
	__u64 start_ns;  /* when it got the CPU; 0: the core did not read the clock */
	__u64 base;      /* ended[cls] of this core when the request started */
	__u64 intent;    /* SHUNT_INTENT(ring, index) it is popping; 0: none */
	__u64 beat;      /* counts the turns of the core's loop: silent = hung */
	__u32 cls;
	__u32 intent_cls;
	__u32 tx_end;    /* send ring's producer once the reply is in (with tx_set) */
	__u16 tx_set;
	__u8 held;       /* 1: it came through a hold queue, so sent and done know nothing of it */
	__u8 queue;      /* class that it is queued as: cls, or what it was demoted to */
	__u32 tid;       /* thread, for signals */
	__u8 state;      /* enum shunt_core_state */
	__u8 signal;     /* that its thread takes, so that it stops a request; 0: none must be sent */
	__u16 asks;      /* SHUNT_ASKS(generation, function) of the policy that it is in; 0: in none */
} __shunt_line;

enum shunt_core_state { SHUNT_CORE_OFF, SHUNT_CORE_BUSY, SHUNT_CORE_IDLE, SHUNT_CORE_ASLEEP };

/* Which function (enum shunt_ask_op) of which policy; of the generation as many bits as there is room for. */
#define SHUNT_ASKS(gen, op) ((__u16)((gen) << 3 | ((op) + 1)))
#define SHUNT_ASKS_GEN(asks) ((asks) >> 3)
#define SHUNT_ASKS_OP(asks) (((asks) & 7) - 1)

/* ring: slot of the socket (core, or SHUNT_HOLD_SLOT + class); index: of its consumer, mod 2^32 */
#define SHUNT_INTENT(ring, index) (1ULL << 63 | (__u64)(ring) << 32 | (__u32)(index))

/*
 * Marks: orders to yield, each addressed to one request. A mark for a request that has ended, or that runs
 * elsewhere by now, stops nobody.
 *
 * Order: id = 0, deadline_ns, id, and last of all look = 1, each after the one before. The core
 * clears look first, then reads the marks: what it misses sets look again.
 */
enum shunt_marker { SHUNT_MARK_XDP, SHUNT_MARK_AGENT, SHUNT_NR_MARKERS };

struct shunt_mark {
	__u64 id;          /* of the request; 0: none */
	__u64 deadline_ns; /* when its quantum ends */
};

/* The held request for which XDP wrote its mark: when it is the head of its class, its arrival need not be fetched
 * from the packet. */
struct shunt_mark_for {
	__u64 arrival_ns; /* 0: none */
	__u32 seq;        /* it is the head while deq[cls] is this */
	__u32 cls;
};

/* Which one that is: a request's number, and the core's epoch. */
#define SHUNT_CAME(epoch, seq) ((__u64)(epoch) << 32 | (__u32)(seq))

struct shunt_core_mark {
	__u32 look;   /* XDP, agent, core: 1 = there may be a reason to yield. What safepoints read */
	__u32 pad;
	struct shunt_mark_for held; /* XDP: belongs to its mark, and is written with its deadline */
	__u64 came;   /* XDP, wire transport: SHUNT_CAME() of the last on its way to the core's ring that goes first; 0: none yet */
	struct shunt_mark by[SHUNT_NR_MARKERS]; /* each by its marker alone */
} __shunt_line;

/* The heads of the queues as core i sees them: parked requests and its own ring included. Written by core i
 * before it asks the policy. */
struct shunt_core_heads {
	__u64 head_ns[SHUNT_CLASSES];   /* arrival of the class's next request */
	__u64 queued_ns[SHUNT_CLASSES]; /* since when it is queued: later, if it was preempted to the tail */
} __shunt_line;

/* Preemption on core i. Written by core i. */
#define SHUNT_DELAYS 16

enum shunt_way { SHUNT_BY_SAFEPOINT, SHUNT_BY_SIGNAL, SHUNT_WAYS };

struct shunt_core_preempt {
	__u64 yielded[SHUNT_WAYS]; /* requests preempted */
	__u64 resumed;
	__u64 stayed;     /* quantum used up, but the policy named nobody else */
	__u64 late;       /* marks for a request that this core does not run (any more) */
	__u64 demoted;
	__u64 full;       /* not preempted: as many as may be parked were */
	__u64 pad;
	__u64 delay[SHUNT_DELAYS]; /* yields by ns since both quantum was over and the next one waited: [i] < 64 << i, the last: any */
} __shunt_line;

/* What core i did, per class. Written by core i. Sums wrap: take differences. */
struct shunt_core_class {
	__u64 replied;    /* requests answered: the reply is in the send ring */
	__u64 noreply;    /* requests that ended without one */
	__u64 service_ns; /* sum of service times */
	__u64 service_sq; /* sum of (service time in ns)^2, mod 2^64 */
	__u64 wait_ns;    /* sum of waits of held requests (arrival to start) */
	__u64 held;       /* of the ended: came through the hold queue */
	__u64 stolen;     /* of the ended: taken from another core's ring */
	__u64 timed;      /* of the ended: service time was measured */
} __shunt_line;

struct shunt_core_stats {
	__u64 busy_ns;    /* time in handlers */
	__u64 kicks;      /* system calls to send */
	__u64 unfed;      /* claimed by XDP, but nothing came */
	__u64 healed;     /* backlog counts that were set right */
	__u64 send_fail;  /* datagrams of a reply that could not be sent */
	__u64 bad_frame;  /* descriptors or metadata that made no sense */
	__u64 lost_race;  /* pops that another core won */
	__u64 slept;      /* times it blocked in poll() */
	__u64 found;      /* held requests that it found while it had nothing to do */
	__u64 found_late; /* of these: waited more than 100 us beside this idle core */
	__u64 found_max_ns; /* the longest such wait */
	__u64 pad[5];
} __shunt_line;

/* Requests that core i found too old when nobody had served for long; per class. Written by core i. */
struct shunt_core_expired {
	__u64 n[SHUNT_CLASSES];
} __shunt_line;

struct shunt_core {
	struct shunt_core_run run;   /* core i */
	struct shunt_core_mark mark; /* XDP, agent; look: core i, too */
	struct shunt_core_stats stats; /* core i */
	struct shunt_core_heads heads; /* core i */
	struct shunt_core_preempt preempt; /* core i */
	struct shunt_core_expired expired; /* core i */
	struct shunt_core_class cls[SHUNT_CLASSES]; /* core i */
};

/* What preemption does with a class. */
struct shunt_view_class {
	__u8 requeue;      /* SHUNT_HEAD or SHUNT_TAIL: SHUNT_REQUEUE_AUTO is decided by the agent */
	__u8 demote_to;
	__u16 demote_after; /* quanta; 0: never */
};

struct shunt_view {
	__u64 idle __shunt_line;  /* core i sets and clears bit i, XDP clears: atomics only */

	__u64 up __shunt_line;    /* agent; XDP sets it right from the domain's */
	__u32 abi;                /* loader */
	__u32 nclasses;           /* loader */
	__u32 ncores_up;          /* agent: entries of order[] */
	__u32 stale;              /* agent: 1 = these rings are being given up: drain and leave */
	__u64 policy_gen;         /* agent: workers fetch the policy when it moves */
	__u8 order[SHUNT_CORES] __shunt_line; /* agent: the cores that are up, ascending */

	__u32 enq[SHUNT_CLASSES] __shunt_line;  /* XDP: held so far */
	__u32 deq[SHUNT_CLASSES] __shunt_line;  /* cores: taken so far */
	__u32 sent[SHUNT_CORES] __shunt_line;   /* XDP: steered to core i so far */
	__u32 done[SHUNT_CORES] __shunt_line;   /* cores, atomic add: of these, taken to their end */
	__u32 parked[SHUNT_CLASSES] __shunt_line; /* cores, one at a time: preempted requests that wait */
	__u32 parked_held __shunt_line; /* of these, those from a hold queue */
	__u32 parked_now;             /* all of them */
	__u32 parked_peak;            /* the most there ever were at once */

	__u32 slo_us[SHUNT_CLASSES] __shunt_line;     /* XDP, agent: from the map slo_us, clamped; 0 = none */
	__u32 quantum_us[SHUNT_CLASSES] __shunt_line; /* XDP, agent: from the map quantum_us, or the frames of a NIC, clamped */
	struct shunt_view_class cls[SHUNT_CLASSES] __shunt_line; /* agent: from the map classes */
	__u32 preempt __shunt_line;                   /* agent: 1 = requests are preempted */
	__u32 parked_max;                             /* agent: at most SHUNT_PARKED */
	__u32 grace_us;                               /* agent: 0 = requests are sent no signals */
	__u32 hold_age_ms;                            /* agent: what waited longer while no core was up expires; 0: never */
	__u64 serve_from_ns;                          /* agent, worker: what arrived earlier expires; 0: nothing does */
	__u64 knob[SHUNT_KNOBS] __shunt_line;         /* loader, agent: from the map knobs */
	__u32 mean_ns[SHUNT_CLASSES] __shunt_line;    /* agent: service times, as it measures them; 0: not yet */
	__u32 sigma_ns[SHUNT_CLASSES] __shunt_line;   /* agent: their standard deviation */
	__u64 state[SHUNT_STATES] __shunt_line;       /* policies: shunt_add, shunt_cas */
	__u64 bad_index __shunt_line;                 /* policies' accessors, atomic add: numbers beyond what there is */
	__u64 core_state[SHUNT_CORES][SHUNT_CORE_STATES] __shunt_line; /* policies: shunt_core_add, shunt_core_cas */

	struct shunt_core core[SHUNT_CORES];
};
SHUNT_ASSERT(sizeof(struct shunt_core) == 29 * SHUNT_LINE, "core: whole lines");
SHUNT_ASSERT(sizeof(struct shunt_view) % SHUNT_LINE == 0, "view: whole lines");
SHUNT_ASSERT(sizeof(((struct shunt_view *)0)->core_state) == SHUNT_CORES * SHUNT_LINE, "policies have a line a core");

/*
 * What the agent knows. Pinned as "agent", one value a domain. Written by the agent alone.
 */
struct shunt_agent_class {
	__u64 lost;       /* requests that died with a worker */
	__u64 replied;    /* replies that a dead worker had sent but not yet counted */
	__u64 refused;    /* redirects that the hold ring refused */
	__u64 expired;    /* waited too long in rings while no worker served */
	__u32 rate;       /* requests ended a second (EWMA) */
	__u32 mean_ns;    /* service time: EWMA of the mean; 0 = not measured yet */
	__u32 sigma_ns;   /* and of the standard deviation */
	__u32 tail_ns;    /* mean + 3 sigma */
	__u64 age_ns;     /* CLOCK_MONOTONIC of the last sample; 0 = none */
	__u64 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_agent_class) == SHUNT_LINE, "agent class");

struct shunt_agent_core {
	__u32 load;       /* busy share of time, 1/1000 (EWMA) */
	__u32 hung;       /* times it was found silent */
	__u64 refused;    /* redirects that its ring refused */
};

struct shunt_agent {
	__u64 beat_ns;    /* CLOCK_MONOTONIC of the agent's last turn */
	__u64 workers;    /* worker processes that came */
	__u64 deaths;     /* that died without leave */
	__u64 bad_peers;  /* connections dropped for what they sent, or who they were */
	__u64 frames;     /* of the UMEM; 0 = none made yet */
	__u64 recovered;  /* frames put back after deaths */
	__u32 pid;        /* agent */
	__u32 worker_pid; /* 0: none attached */
	__u64 no_frame;   /* arrivals that found the fill ring empty */
	__u64 marks;      /* running requests that the agent told to yield */
	__u64 signals;    /* and those that it sent a signal, as no safepoint heeded the mark */
	__u64 published;    /* loads to a card (nfp.h): messages, … */
	__u64 publish_failed; /* … of these refused, … */
	__u64 publish_equal; /* … and times that equal loads took their place */
	__u32 publish_age_ns; /* how old loads are when the next ones come (EWMA) */
	__u32 message_ns;   /* a message to the card (EWMA) */
	__u64 put_back;   /* sockets that were missing in xsks, and were put there again */
	__u64 policy_stalls; /* times that a policy was put out of force as a core did not come out of it … */
	__u64 policy_faults; /* … and as the worker died in it */
	__u32 worker_user;  /* of the worker, + 1; 0: none attached */
	__u32 view_user;    /* whose workers have had the view, + 1; 0: nobody's */
	__u64 pad[6];
	struct shunt_agent_class cls[SHUNT_CLASSES];
	struct shunt_agent_core core[SHUNT_CORES];
};
SHUNT_ASSERT(sizeof(struct shunt_agent) % SHUNT_LINE == 0, "agent");

/* What the program pinned as "sig_aim" is asked by the agent: whom XDP signals on that core. */
struct shunt_aim {
	__u32 domain;
	__u32 core;
	__u32 worker; /* process; in the agent's own numbers, as tid is */
	__u32 tid;    /* one of its threads; 0: nobody */
	__u32 signal;
	__u32 pad;
};

/*
 * A policy as loaded: its descriptor (from the object's section SHUNT_POLICY_SEC) and the native
 * code for workers (from SHUNT_NATIVE_SEC, an ELF shared object that needs nothing).
 * Pinned as "policy", two values: slot cfg.policy_gen & 1 is live; the other has the policy of before, which the agent can
 * put in force again, until the next switch writes it. Written by the loader, gen and put_back by the agent, too, each with
 * the lock of the interface's directory. The XDP program of slot i is pinned as "prog<i>".
 */
#define SHUNT_POLICY_SEC ".shunt.policy"
#define SHUNT_NATIVE_SEC ".shunt.native"
#define SHUNT_NIC_SEC ".shunt.nic" /* a whole BPF object: the same policy for a NIC that schedules (nic.h) */
#define SHUNT_NATIVE_MAX 65280

enum shunt_policy_flags {
	SHUNT_NEEDS_FLOW = 1,    /* event.flow_hash at steer */
	SHUNT_NEEDS_KEY = 2,     /* event.key_hash at steer */
	SHUNT_NEEDS_RANDOM = 4,  /* event.random at steer */
	SHUNT_NEEDS_NOW = 8,     /* event.now_ns at steer (33 ns more for each request) */
	SHUNT_NEEDS_HEADS = 16,  /* shunt_head_ns, shunt_queued_ns at select */
	SHUNT_IDLE_ONLY = 32,    /* steers to idle cores only: if one is taken meanwhile, hold */
	SHUNT_STEALS = 64,       /* a core with nothing to do takes from other cores' rings */
	SHUNT_PREEMPTS = 128,    /* wants requests preempted when their quantum is used up */
	SHUNT_NEEDS_HINT = 256, /* event.hint at steer */
};

struct shunt_policy_desc {
	__u32 abi;
	__u32 flags;  /* enum shunt_policy_flags */
	char name[SHUNT_NAME_LEN];
	char text[SHUNT_TEXT_LEN];
	__u64 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_policy_desc) == 128, "policy descriptor");

struct shunt_policy_slot {
	__u64 gen;
	__u32 prog_id;    /* of the XDP program that goes with it */
	__u32 native_len;
	struct shunt_policy_desc desc;
	__u64 put_back; /* the generation that it was put in force in place of, by the agent; 0: by the loader */
	__u8 pad[104];
	__u8 native[SHUNT_NATIVE_MAX];
};
SHUNT_ASSERT(sizeof(struct shunt_policy_slot) == 65536, "policy slot");

/*
 * Policies that were put out of force, so that nobody puts them in force again unawares (shunt switch --force does).
 * Pinned as "put_out". An entry is written by the agent, which replaces the oldest, and cleared by the loader, each
 * with the lock of the interface's directory.
 */
#define SHUNT_REFUSED 8

enum shunt_refusal {
	SHUNT_REFUSED_STALL = 1, /* a core did not come out of it for hang_ms */
	SHUNT_REFUSED_FAULT,     /* a worker died in it */
};

struct shunt_refused {
	__u64 hash;   /* shunt_code_hash() of its native code; 0: the entry is free */
	__u64 gen;    /* as which it was in force */
	__u64 time_s; /* since 1970 */
	char name[SHUNT_NAME_LEN];
	__u32 why;    /* enum shunt_refusal */
	__u32 op;     /* enum shunt_ask_op: in which function */
	__u16 domain, core;
	__u32 pid;    /* worker */
	__u32 signal; /* that it died of; 0: not known, or it lives */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_refused) == SHUNT_LINE, "refused");

/*
 * What a policy is asked about: time and randomness come in from outside, so equal inputs give
 * equal answers in every place a policy runs.
 */
#define SHUNT_NONE 255

/* Two bytes at the port's key: a core that a reply named, and when (bits of an epoch that the operator counts). */
#define SHUNT_HINT(core, epoch) ((__u16)((core) | (epoch) << 8))

struct shunt_event {
	__u64 now_ns;
	__u64 run_ns;     /* select, asked to yield: arrival of the running request; requeue, done: of the request */
	__u32 random;
	__u32 flow_hash;
	__u32 key_hash;
	__u16 waiting;    /* select: classes that have something to take, one bit each */
	__u8 cls;         /* steer, requeue, done: class of the request */
	__u8 core;        /* select, requeue, done: the core that asks */
	__u8 run_cls;     /* select, asked to yield: class of the running request; else SHUNT_NONE */
	__u8 steered;     /* done: core that the request was steered to; SHUNT_NONE: it was held */
	__u16 hint;       /* steer: SHUNT_HINT(core, epoch) as the client echoes it; SHUNT_NONE: it sent none */
	__u32 service_ns; /* done */
};
SHUNT_ASSERT(sizeof(struct shunt_event) == 40, "event");

/* The program "shunt_ask" runs one function of the policy on a recorded view (BPF_PROG_TEST_RUN). */
struct shunt_ask {
	__u32 op;      /* in: enum shunt_ask_op */
	__u32 domain;  /* in: whose view */
	__s32 answer;  /* out */
	__u32 pad;
	struct shunt_event ev; /* in */
};
