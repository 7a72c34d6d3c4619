// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-element
/* A key of 40 and a value of 28 bytes are 72 together. */
#include "probe.h"

struct key {
	__u64 word[5];
};
struct value {
	__u32 word[7];
};
MAP(m, HASH, struct key, struct value, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct key key = { 0 };

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
