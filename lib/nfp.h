/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nfp.h - what is published to a card (shunt/nfp.h), packed from what the host knows
 */
#pragma once

#include <string.h>

#include <shunt/nfp.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "byte i of a little-endian word; the card's driver knows no other hosts"
#endif

/* Cores that fit a group. */
#define NFP_CORES (~0ULL >> (64 - SHUNT_NFP_CORES))

static inline void nfp_pack_cores(__u64 up, struct shunt_nfp_group *group,
				  struct shunt_nfp_bytes *order)
{
	__u8 *at = (__u8 *)order;

	memset(order, 0, sizeof(*order));
	*group = (struct shunt_nfp_group){ .up = up & NFP_CORES };
	for (__u32 i = 0; i < SHUNT_NFP_CORES; i++) {
		if (up >> i & 1)
			at[group->ncores++] = i;
	}
}

/* sent, done: of each core, mod 2^32. A count that cannot
 * be is a worker's nonsense: the core is avoided. */
static inline void nfp_pack_loads(const __u32 *sent, const __u32 *done, __u64 up,
				  struct shunt_nfp_bytes *loads)
{
	__u8 *at = (__u8 *)loads;

	memset(loads, 0, sizeof(*loads));
	for (__u32 i = 0; i < SHUNT_NFP_CORES; i++) {
		__u32 load = __atomic_load_n(&sent[i], __ATOMIC_RELAXED) -
			     __atomic_load_n(&done[i], __ATOMIC_RELAXED);

		if (up >> i & 1)
			at[i] = load < SHUNT_NFP_LOAD_MAX ? load : SHUNT_NFP_LOAD_MAX;
	}
}
