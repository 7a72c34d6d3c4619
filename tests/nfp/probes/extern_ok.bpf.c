// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A function of its own is. */
#include "probe.h"

static __attribute__((noinline)) int hash(__u32 w)
{
	return w * 2654435761u >> 29;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	ctx->rx_queue_index = hash(AT(__u32, 26));
	return XDP_PASS;
}
