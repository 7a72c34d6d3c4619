// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses packet-bounds
/* The packet is read after it was cut, by the bounds of before. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
if (bpf_xdp_adjust_tail(ctx, -4))
	return XDP_DROP;
data = (void *)(long)ctx->data;
return AT(__u8, 12) ? XDP_DROP : XDP_PASS;
}
