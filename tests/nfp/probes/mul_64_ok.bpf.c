// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The product of 32 bits and 32 bits has 64. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u32, 26);

	x *= 0x5f4a7c15;
	ctx->rx_queue_index = x >> 61;
	return XDP_PASS;
}
