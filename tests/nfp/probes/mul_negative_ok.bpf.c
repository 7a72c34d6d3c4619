// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A factor of 32 bits may be negative. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u32 x = AT(__u32, 26);

	asm volatile("%0 *= -3" : "+w"(x));
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
