// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Two maps of 1500000 entries. */
#include "probe.h"

ARRAY(m, __u32, 1500000);
ARRAY(n, __u32, 1500000);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&m, &key) && bpf_map_lookup_elem(&n, &key) ? XDP_PASS : XDP_DROP;
}
