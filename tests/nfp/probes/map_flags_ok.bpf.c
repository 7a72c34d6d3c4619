// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A hash without flags. */
#include "probe.h"

MAP(m, HASH, __u32, __u64, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
