// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A key of 56 bytes. */
#include "probe.h"

MAP(m, HASH, struct words, __u64, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct words key = { 0 };

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
