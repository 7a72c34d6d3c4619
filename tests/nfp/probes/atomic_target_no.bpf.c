// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses atomic-target
/* An atomic addition to the stack. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u64 x = ctx->data_end - ctx->data;

	__sync_fetch_and_add((volatile __u64 *)&x, 1);
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
