// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses pointer-mix
/* One load reads the packet or a map. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0, *from;

PACKET(ctx);
p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
from = AT(__u8, 26) & 1 ? data + 30 : (void *)&p->a;
asm volatile("" : "+r"(from)::"memory");
ctx->rx_queue_index = *from & 7;
return XDP_PASS;
}
