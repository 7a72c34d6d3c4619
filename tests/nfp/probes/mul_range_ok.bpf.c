// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The same, with bounds. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u32 h = AT(__u32, 26) ^ AT(__u32, 30);

	U32(h);
	h *= 0x9e3779b1;
	ctx->rx_queue_index = h >> 29;
	return XDP_PASS;
}
