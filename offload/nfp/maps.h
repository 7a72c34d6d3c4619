/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maps.h - the maps of a card's program: plain arrays without flags, of values of at most 56 bytes
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include <shunt/nfp.h>

/* MAP_FLAGS: none on the card. Emulated, the maps may be stored to from a test. */
#ifndef SHUNT_NFP_MAP_FLAGS
#define SHUNT_NFP_MAP_FLAGS 0
#endif

#define SHUNT_NFP_ARRAY(map, value_type, entries)                                                  \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, SHUNT_NFP_MAP_FLAGS);                                            \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} map SEC(".maps")

/* Read by the card. */
SHUNT_NFP_ARRAY(nfp_group, struct shunt_nfp_group, SHUNT_NFP_GROUPS);
SHUNT_NFP_ARRAY(nfp_order, struct shunt_nfp_bytes, SHUNT_NFP_GROUPS);
SHUNT_NFP_ARRAY(nfp_loads, struct shunt_nfp_bytes, SHUNT_NFP_GROUPS);
