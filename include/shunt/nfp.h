/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * nfp.h - the maps of the card's program (Netronome, offloaded XDP), beside "ports", "rules" and
 * "knobs", which are as abi.h has them but bound to the card
 *
 * The card's limits shape every line here: a value has at most 56 bytes; each 4-byte word of a map
 * is either read or added to by the card, never both; offsets into a value are constants; and the
 * card cannot read anything that it can write. So all values that decide come from the host, one
 * bpf() call and one control message a value. Loads are bytes, those of all cores in one value: one
 * message publishes them all, at the same moment.
 *
 * On the card a core's number is the number of its receive queue.
 *
 * All are pinned in the interface's directory under their names, but "ports", "rules" and "knobs",
 * which the host has, too: those of the card are "nfp_ports", "nfp_rules", "nfp_knobs". An emulated
 * card (bpf/shunt.bpf.c built with SHUNT_TARGET_EMU) reads the host's and has a group a domain.
 *
 * Writers: "loader" is shunt; "agent" is shuntd; "card" adds to words that start at 0.
 */
#pragma once

#include <shunt/abi.h>

#define SHUNT_NFP_VALUE 56                    /* bytes of a value, at most */
#define SHUNT_NFP_WORDS (SHUNT_NFP_VALUE / 8)
#define SHUNT_NFP_CORES SHUNT_NFP_VALUE       /* cores of a group, at most: a byte each */
#define SHUNT_NFP_GROUPS SHUNT_DOMAINS        /* cores that share requests; a card's is group 0 */
#define SHUNT_NFP_QUEUES 64                   /* of a card's port, at most */
#define SHUNT_NFP_LOAD_MAX 255                /* this many or more */
#define SHUNT_NFP_PROG "shunt_nfp"            /* the program's name in its object */
#define SHUNT_NFP_FLAGS SHUNT_STEALS          /* of the policy, where a card steers:
					       * old loads are wrong now and then */

/* Configuration. Map "nfp_cfg", one value. Written by the loader. */
struct shunt_nfp_cfg {
	__u32 abi;
	__u32 flags;    /* enum shunt_cfg_flags: SHUNT_CFG_ADDR4, SHUNT_CFG_ADDR6 */
	__u32 fallback; /* enum shunt_fallback; to hold is to pass,
			 * on a queue of the card's own choice */
	__u32 nclasses;
	__u32 nqueues;  /* receive queues that are served: an answer beyond is none */
	__be32 addr4;
	__be32 addr6[4];
};
SHUNT_ASSERT(sizeof(struct shunt_nfp_cfg) == 40, "nfp cfg");

/* Map "nfp_group", one value a group. Written by the agent:
 * before the order when cores go, after it when they come. */
struct shunt_nfp_group {
	__u64 up;       /* cores with a worker thread */
	__u32 ncores;   /* entries of the group's order */
	__u32 pad;
};
SHUNT_ASSERT(sizeof(struct shunt_nfp_group) == 16, "nfp group");

/*
 * A byte a core, little-endian in its word. Two maps of one value a group, written by the agent:
 * "nfp_order", the cores that are up, ascending, and
 * "nfp_loads", requests under way by core number.
 */
struct shunt_nfp_bytes {
	__u64 word[SHUNT_NFP_WORDS];
};
SHUNT_ASSERT(sizeof(struct shunt_nfp_bytes) == SHUNT_NFP_VALUE, "nfp bytes");

/* Map "nfp_count", one value a class. Added to by the card.
 * arrived = steered + dropped + passed. */
struct shunt_nfp_count {
	__u64 arrived;
	__u64 steered;  /* to a queue of the policy's choice */
	__u64 dropped;  /* the policy said so, or fallback */
	__u64 passed;   /* fallback, or an answer that is no queue:
			 * to a queue of the card's choice */
	__u64 spill;    /* of the arrived: no rule named it */
	__u64 bad_class; /* of the arrived: a rule or port named a class that does not exist */
};
SHUNT_ASSERT(sizeof(struct shunt_nfp_count) <= SHUNT_NFP_VALUE, "nfp count");

/* Map "nfp_pass": packets left alone, one __u64 for each of
 * enum shunt_pass. Added to by the card. */
