// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses unbounded
/* As many rounds as the packet says, up to four thousand million. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 n, sum = 0;

	PACKET(ctx);
	n = AT(__u32, 26);
	#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < n; i++) {
		asm volatile("" : "+r"(i));
		sum += i ^ sum;
	}
	ctx->rx_queue_index = sum & 7;
	return XDP_PASS;
}
