// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A comparison bounds, too. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u64, 26);

	if (x > 1000000)
		return XDP_PASS;
	x *= 77;
	ctx->rx_queue_index = x >> 24;
	return XDP_PASS;
}
