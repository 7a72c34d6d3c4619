// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-load
/* The queue is read. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = ctx->rx_queue_index ^ 1;
	return XDP_PASS;
}
