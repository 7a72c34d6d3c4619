// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* One byte is read of the word behind that which is added to. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
__sync_fetch_and_add(&p->a, 1);
ctx->rx_queue_index = *((__u8 *)p + 4) & 7;
return XDP_PASS;
}
