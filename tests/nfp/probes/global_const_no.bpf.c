// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses global-data
/* A constant that a loader may set. */
#include "probe.h"

const volatile __u32 queue = 3;

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = queue;
	return XDP_PASS;
}
