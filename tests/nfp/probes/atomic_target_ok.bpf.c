// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A plain one. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	volatile __u64 x = ctx->data_end - ctx->data;

	x = x + 1;
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
