// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses key-pointer
/* The key is in the value of another map. */
#include "probe.h"

ARRAY(m, struct pair, 4);
ARRAY(n, __u32, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 key = 0, *next;

next = bpf_map_lookup_elem(&n, &key);
return next && bpf_map_lookup_elem(&m, next) ? XDP_PASS : XDP_DROP;
}
