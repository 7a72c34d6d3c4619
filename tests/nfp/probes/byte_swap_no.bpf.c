// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses byte-swap
/* To little endian, which changes nothing but is an instruction. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u32, 26);

	asm volatile("%0 = le16 %0" : "+r"(x));
	ctx->rx_queue_index = x & 7;
	return XDP_PASS;
}
