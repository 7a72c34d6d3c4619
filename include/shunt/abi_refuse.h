/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_refuse.h - replies that say no: how XDP answers a request that it rejects or drops
 */
#pragma once

#include <shunt/abi_base.h>

#define SHUNT_REFUSALS 32      /* entry 0 is none: a port without a refusal is silent */
#define SHUNT_REFUSE_BYTES 64  /* configured bytes of a reply, at most */
#define SHUNT_REFUSE_RATE 100000        /* replies a second of a port, unless said */
#define SHUNT_REFUSE_RATE_MAX 100000000
#define SHUNT_REFUSE_BATCH 64  /* replies that a queue may have drawn in advance, at most */
#define SHUNT_REFUSE_BURST_NS 10000000ULL

enum shunt_refuse_kind {
	SHUNT_REFUSE_DROP,      /* none: silence */
	SHUNT_REFUSE_REPLY,     /* the request's first bytes, with configured ones among them */
	SHUNT_REFUSE_MEMCACHED, /* SERVER_ERROR, or the binary protocol's "busy" */
	SHUNT_REFUSE_DNS,       /* REFUSED */
	SHUNT_REFUSE_ONC_RPC,   /* SYSTEM_ERR */
	SHUNT_NR_REFUSE,
};

/* The reply of one port. Pinned as "refuse". Written by the loader. */
struct shunt_refuse {
	__u8 bytes[SHUNT_REFUSE_BYTES]; /* SHUNT_REFUSE_REPLY: what is put in, then zeros */
	__u64 step_ns;  /* a batch of replies is worth so much time */
	__u64 burst_ns; /* unused time is kept so long */
	__u32 batch;    /* replies that a queue draws at once */
	__u16 length;   /* SHUNT_REFUSE_REPLY: payload of the reply */
	__u16 offset;   /* where "bytes" go in it */
	__u8 count;     /* of them */
	__u8 kind;      /* enum shunt_refuse_kind */
	__u16 port;     /* and the rate as configured: for whoever reads them */
	__u32 rate;
	__u8 pad[32];
};
SHUNT_ASSERT(sizeof(struct shunt_refuse) == 2 * SHUNT_LINE, "refuse");

/*
 * Up to when the replies of one port are drawn. Pinned as "refuse_drawn", under the same number.
 * Written by XDP on every queue, by compare-and-swap, once a batch.
 */
struct shunt_refuse_drawn {
	__u64 until_ns; /* CLOCK_MONOTONIC */
	__u64 pad[7];
};
SHUNT_ASSERT(sizeof(struct shunt_refuse_drawn) == SHUNT_LINE, "a port's own line");
