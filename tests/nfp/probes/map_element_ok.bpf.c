// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* 40 and 24 are 64. */
#include "probe.h"

struct key {
	__u64 word[5];
};
struct value {
	__u32 word[6];
};
MAP(m, HASH, struct key, struct value, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct key key = { 0 };

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
