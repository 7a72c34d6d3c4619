// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Both words are added to at once, and words of another map are read. */
#include "probe.h"

ARRAY(m, struct pair, 4);
ARRAY(n, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
__sync_fetch_and_add((__u64 *)p, 1);
p = bpf_map_lookup_elem(&n, &key);
if (p)
	ctx->rx_queue_index = p->b & 7;
return XDP_PASS;
}
