// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses div-variable
/* A division by what the packet says. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);

	ctx->rx_queue_index = (AT(__u32, 26) / (AT(__u32, 30) | 1)) & 7;
	return XDP_PASS;
}
