// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* As many as it says, up to eight. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 n, sum = 0;

	PACKET(ctx);
	n = AT(__u32, 26);
	#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 8; i++) {
		if (i >= n)
			break;
		sum = sum * 3 + AT(__u8, i);
	}
	ctx->rx_queue_index = sum & 7;
	return XDP_PASS;
}
