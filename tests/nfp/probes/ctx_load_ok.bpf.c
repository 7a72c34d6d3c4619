// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The packet's start and end are read. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = (ctx->data_end - ctx->data) & 7;
	return XDP_PASS;
}
