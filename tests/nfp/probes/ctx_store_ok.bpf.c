// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The queue is set. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = 3;
	return XDP_PASS;
}
