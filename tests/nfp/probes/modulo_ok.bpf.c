// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The compiler makes a multiplication of it. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);

	ctx->rx_queue_index = AT(__u32, 26) % 6;
	return XDP_PASS;
}
