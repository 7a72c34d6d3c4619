// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* An array and a hash. */
#include "probe.h"

ARRAY(a, __u64, 4);
MAP(h, HASH, __u32, __u64, 1000);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&a, &key) && bpf_map_lookup_elem(&h, &key) ? XDP_PASS : XDP_DROP;
}
