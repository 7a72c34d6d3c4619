// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Jumps of 32 bits are of the card's. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u32 w = AT(__u32, 26);

	asm volatile("if %0 s> -5 goto +1\n%0 = 1" : "+w"(w));
	ctx->rx_queue_index = w & 7;
	return XDP_PASS;
}
