// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The card's answer is the queue. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = 0;
	return XDP_PASS;
}
