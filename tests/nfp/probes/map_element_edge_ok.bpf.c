// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A key of 8 and a value of 56 bytes: 64. */
#include "probe.h"

MAP(m, HASH, __u64, struct words, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u64 key = 0;

return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
