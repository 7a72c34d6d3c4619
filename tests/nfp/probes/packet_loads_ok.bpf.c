// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Loads of all sizes, aligned and not, near and far. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u64 x;

	PACKET(ctx);
	x = AT(__u8, 0) + AT(__u16, 1) + AT(__u32, 3) + AT(__u64, 9) + AT(__u16, 22) +
	    AT(__u32, 24) + AT(__u64, 40);
	asm volatile("" ::: "memory");
	AT(__u8, 5) = x;
	x += AT(__u8, 50) + AT(__u64, 51);
	AT(__u64, 6) = x;
	AT(__u16, 30) = x;
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
