// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The key of six bytes begins at a word. */
#include "probe.h"

struct key {
	__u8 byte[6];
};
MAP(m, HASH, struct key, __u32, 8);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u8 place[8];

	PACKET(ctx);
	__builtin_memcpy(place, data, 6);
	return bpf_map_lookup_elem(&m, place) ? XDP_DROP : XDP_PASS;
}
