// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses mul-range
/* A multiplication of 64 bits. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u64, 26);

	x *= 0x9e3779b97f4a7c15;
	ctx->rx_queue_index = x >> 61;
	return XDP_PASS;
}
