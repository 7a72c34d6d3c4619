/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_config.h - the configuration of an interface: its requests, and the domains that serve them
 */
#pragma once

#include <shunt/abi_base.h>

/*
 * Configuration of the interface. Pinned as "cfg", one value. Written by the loader.
 */
enum shunt_fallback { /* the fate of requests while a domain has no core */
	SHUNT_FALLBACK_HOLD, /* wait in the hold queue, up to its limit */
	SHUNT_FALLBACK_PASS, /* the kernel's stack gets them */
	SHUNT_FALLBACK_DROP,
};

enum shunt_hang { /* the fate of a worker process that is silent for longer than hang_ms */
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
	SHUNT_CFG_WIRE = 32,   /* the interface is the port of a NIC that
				* schedules: include/shunt/wire.h */
	SHUNT_CFG_ANY_ADDR = 128, /* requests are for whatever address and MAC */
	SHUNT_CFG_CARD = 64,   /* a card's program chooses the queue */
	SHUNT_CFG_ZEROCOPY = 256, /* sockets without copying, or none; by
				   * neither of the two the driver decides */
	SHUNT_CFG_COPY = 512,  /* sockets that the kernel copies to */
	SHUNT_CFG_SEATS = 1024, /* domains share CPUs as seats (abi_seat.h) */
	SHUNT_CFG_HUNGRY = 4096, /* a domain has cores on several seats */
	SHUNT_CFG_ACTORS = 2048, /* rules may name actors (abi_actor.h) */
};

struct shunt_cfg {
	__u32 abi;
	__u32 flags;      /* enum shunt_cfg_flags */
	__u32 fallback;   /* enum shunt_fallback */
	__u32 ndomains;   /* domains 0 to ndomains - 1 are on */
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
	__u32 preempt;    /* enum shunt_preempt: the operator's
			   * wish; the flag says what is in force */
	__u32 parked_max; /* preempted requests that may wait; at
			   * this bound no request is preempted */
	__u32 watch_us;   /* how often the agent looks at running
			   * requests; 0: never, so it marks none */
	__u32 grace_us;   /* from a mark that no safepoint heeds to a signal; 0: no signals */
	__u64 netns;      /* cookie of the interface's network namespace (SO_NETNS_COOKIE) */
	__u32 ifindex;    /* the interface's number there */
	__u32 drain_ms;   /* how long a worker process may live after
			   * its goodbye; 0: as long as it likes */
	__u64 port_bits;  /* SHUNT_PORT_BIT() of each service port: which
			   * source ports are worth a look into "ports" */
	__u32 hold_age_ms; /* requests that wait while no core is up expire after this; 0: never */
	__u32 verify;     /* enum shunt_verify: checksums that XDP verifies */
	__u32 driver_frames; /* frames that a driver without copying may hold of each queue */
	__u32 nactors;    /* rows of "actors" that are in use: 0 to nactors - 1 */
};
SHUNT_ASSERT(sizeof(struct shunt_cfg) == 128, "cfg");

/* XDP sends a signal to requests that were to yield before this time, on a clock that began at 0
 * when the machine did; 0: to none. */
static inline __attribute__((always_inline)) __u64 shunt_late_at(const struct shunt_cfg *cfg,
								 __u64 now_ns)
{
	__u64 grace_ns = cfg->grace_us * 1000ULL;

	return cfg->flags & SHUNT_CFG_SIGNAL && now_ns > grace_ns ? now_ns - grace_ns : 0;
}

#define SHUNT_PORT_BIT(port) (1ULL << ((port) & 63))

/*
 * The addresses that requests are for: the interface's MAC and addresses, or those that are
 * configured. Pinned as "own", one value. Written by the loader, then by the agent, which keeps it
 * current: first the half of the slots that is not in use, then "use".
 *
 * An address stands in slot SHUNT_OWN_AT() of its hash; the seed
 * is such that no two share one. So a look is one comparison.
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
	SHUNT_OTHER4 = 5, /* the interface's own, where the configuration
			   * names another: requests are not for it */
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
#define SHUNT_EXPIRE_MAX 10000 /* objectives */
#define SHUNT_SLACK_MAX 1000   /* percent of an objective */
#define SHUNT_LEAST_MAX 100    /* percent of the cores' time */
#define SHUNT_ADMIT_ALL ~0u    /* in its place: no request of the class is refused */

enum shunt_requeue { SHUNT_HEAD, SHUNT_TAIL, SHUNT_REQUEUE_AUTO };

struct shunt_class {
	char name[SHUNT_NAME_LEN]; /* "" : not configured */
	__u32 requeue;             /* enum shunt_requeue */
	__u32 demote_after;        /* quanta that a request may use up while others wait; 0: any */
	__u32 demote_to;           /* class in which the request is queued then */
	__u32 expire;              /* objectives that a request may wait: a longer
				    * wait ends it unserved; 0: any */
};
SHUNT_ASSERT(sizeof(struct shunt_class) == 32, "class");

/* A service port. Pinned as "ports", indexed by the port in host order. Written by the loader. */
#define SHUNT_PORT_ON 1
#define SHUNT_PORT_RPC 2 /* requests are calls of ONC RPC: "first" and "count" are of "programs" */
#define SHUNT_PORT_SERVICE 4 /* requests are of one domain's service alone: its number is in
			      * "key_off" from bit SHUNT_PORT_DOMAIN on */
#define SHUNT_PORT_REFUSAL 3 /* flags from this bit on: its number in "refuse"; 0: none */
#define SHUNT_PORT_DOMAIN 12

struct shunt_port {
	__u16 first;   /* its rules are rules[first .. first + count - 1], in this order */
	__u8 count;
	__u8 cls;      /* default class: for requests that no rule matches */
	__u8 flags;    /* SHUNT_PORT_ON, refusal << SHUNT_PORT_REFUSAL */
	__u8 key_len;  /* key for policies that hash one: payload bytes, 0 = none */
	__u16 key_off; /* and domain << SHUNT_PORT_DOMAIN */
};
SHUNT_ASSERT(sizeof(struct shunt_port) == 8, "a port is replaced by one 8-byte store");
SHUNT_ASSERT(SHUNT_OFFSET_MAX < 1 << SHUNT_PORT_DOMAIN &&
	     SHUNT_DOMAINS <= 1 << (16 - SHUNT_PORT_DOMAIN), "a port has room for a domain");

/* A rule: (payload[offset .. offset+7] & mask) == value.
 * Pinned as "rules". Written by the loader. */
struct shunt_rule {
	__u64 value;  /* bytes in the order of the packet, already masked */
	__u64 mask;   /* a byte that the payload lacks never matches unless its mask is 0 */
	__u16 offset;
	__u8 cls;
	__u8 pad;
	__u16 actor;  /* row of "actors", + 1, which then says the class; 0: none */
	__u16 spread; /* over so many rows from there on, by the port's key; 0, 1: that one alone */
};
SHUNT_ASSERT(sizeof(struct shunt_rule) == 24, "rule");

/*
 * A version of a program of ONC RPC, and the classes of its procedures. Pinned as "programs".
 * Written by the loader. XDP takes the class from here; shuntd tells rpcbind of the port.
 */
#define SHUNT_PROGRAMS 64
#define SHUNT_PORT_PROGRAMS 8    /* of one port */
#define SHUNT_PROCEDURES 56      /* with a class of their own; the last one's is that of all behind
				  * it, too */

struct shunt_program {
	__be32 program, version; /* as in a call, where they follow each other */
	__u8 cls[SHUNT_PROCEDURES];
};
SHUNT_ASSERT(sizeof(struct shunt_program) == SHUNT_LINE, "program");

/*
 * A receive queue. Pinned as "queues", one value a queue. Written by the loader.
 * A queue's number is the NIC's, a domain's is its place in the configuration.
 */
struct shunt_queue {
	__u32 domain; /* the domain that it feeds, + 1; 0: none */
	__u32 core;   /* where the NIC chooses the core by the queue (by_queue): which one */
};
SHUNT_ASSERT(sizeof(struct shunt_queue) == 8, "queue");

/*
 * A domain: one receive queue and the cores it feeds; or several, of a core each, among which the
 * NIC chooses (a card's program, or its hash). Pinned as "domains", one value a domain.
 * Mapped by the agent. A worker cannot write it: XDP trusts "up".
 */
struct shunt_domain {
	__u64 up;       /* agent: cores with a worker thread */
	__u32 on;       /* loader: 1 = there is a domain of this number */
	__u32 ncores;   /* loader: sockets made for it */
	__u32 nqueues;  /* loader: receive queues that feed it */
	__u32 by_queue; /* loader: 1 = the NIC chooses the core by the queue, 0 = the policy does */
	__u32 user;     /* loader: the only user whose processes may be its worker, + 1; 0: any */
	__u32 left;     /* agent: 1 = its worker has said goodbye, and lives */
	__u32 asleep;   /* agent: 1 = it sleeps; XDP: 0, at the next
			 * request, with which it wakes the agent */
	char service[SHUNT_NAME_LEN]; /* loader: the name of what is served here; "": it has none */
	__u32 home;     /* loader: the core whose seat its held requests want; 0 without seats */
	__u32 pad[2];
	__u8 queue[SHUNT_QUEUES]; /* loader: its queues; by_queue: the one that feeds each core */
	__u16 cpu[SHUNT_CORES];   /* loader: where each core's thread is pinned */
	__u8 seat[SHUNT_CORES];   /* loader: the seat that each core
				   * shares (abi_seat.h), + 1; 0: none */
};
SHUNT_ASSERT(sizeof(struct shunt_domain) == 384, "domain");
