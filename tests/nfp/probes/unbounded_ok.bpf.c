// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A loop of sixteen rounds. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 sum = 0;

	PACKET(ctx);
	#pragma clang loop unroll(disable)
	for (int i = 0; i < 16; i++)
		sum = sum * 31 + AT(__u8, i + 14);
	ctx->rx_queue_index = sum & 7;
	return XDP_PASS;
}
