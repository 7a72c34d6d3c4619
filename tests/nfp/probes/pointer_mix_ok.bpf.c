// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A load of the stack on one path, one of a map on the other. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 place[2], key = 0;
struct pair *p;

PACKET(ctx);
place[0] = AT(__u32, 26);
place[1] = AT(__u32, 30);
asm volatile("" ::"r"(place) : "memory");
p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
if (place[0] & 1)
	ctx->rx_queue_index = *(volatile __u32 *)&place[1] & 7;
else
	ctx->rx_queue_index = *(volatile __u16 *)&p->a & 7;
return XDP_PASS;
}
