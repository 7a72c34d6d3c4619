// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-mixed
/* Both words are added to at once, and one of them is read. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
__sync_fetch_and_add((__u64 *)p, 1);
ctx->rx_queue_index = p->b & 7;
return XDP_PASS;
}
