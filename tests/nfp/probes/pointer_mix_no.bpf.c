// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses pointer-mix
/* One load reads the stack or a map. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 place[2], *from;
	struct pair *p;
	__u32 key = 0;

	PACKET(ctx);
	place[0] = AT(__u32, 26);
	place[1] = AT(__u32, 30);
	p = bpf_map_lookup_elem(&m, &key);
	if (!p)
		return XDP_PASS;
	from = place[0] & 1 ? &place[1] : &p->a;
	asm volatile("" : "+r"(from)::"memory");
	ctx->rx_queue_index = *from & 7;
	return XDP_PASS;
}
