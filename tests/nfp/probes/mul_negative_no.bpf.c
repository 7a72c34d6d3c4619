// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses mul-range
/* A negative factor is one of 64 bits. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u32, 26);

	asm volatile("%0 *= -3" : "+r"(x));
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
