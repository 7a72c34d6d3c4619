// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses global-data
/* A variable of the program's. */
#include "probe.h"

__u32 next;

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = next++ & 7;
	return XDP_PASS;
}
