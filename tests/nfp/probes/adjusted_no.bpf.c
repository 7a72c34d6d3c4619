// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses packet-bounds
/* The packet is read after it was moved, by the pointer of before. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (bpf_xdp_adjust_head(ctx, 14))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	return AT(__u8, 12) ? XDP_DROP : XDP_PASS;
}
