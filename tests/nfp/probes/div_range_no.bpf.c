// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses div-range
/* A division of 64 bits. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u64, 26);

	ctx->rx_queue_index = (x / 10) & 7;
	return XDP_PASS;
}
