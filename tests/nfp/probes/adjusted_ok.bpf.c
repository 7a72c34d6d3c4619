// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* By a new pointer, and after a new look at the end. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (bpf_xdp_adjust_head(ctx, 14))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + 20 > end)
		return XDP_PASS;
	return AT(__u8, 12) ? XDP_DROP : XDP_PASS;
}
