// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-entries
/* A map has one entry more than the card. */
#include "probe.h"

ARRAY(m, __u32, 3072001);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 key = 0;

return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
