// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Constants that fit an operand, one instruction, or two. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u64, 26);
	__u32 w = AT(__u32, 34);

	x = ((x + 5) ^ 0x12345678) - 300;
	x |= 0x1234567890abcdef;
	x &= ~0xff00;
	w = ((w | 0x55aa) & 0x12345678) ^ 0xffffffff;
	if (x == 0x1234567800000000 || w == 7 || w > 0x12345678 || (__s64)x < -7 ||
	    (__s32)w >= -9 || (x & 0x8000))
		return XDP_DROP;
	ctx->rx_queue_index = (x ^ w) & 7;
	return XDP_PASS;
}
