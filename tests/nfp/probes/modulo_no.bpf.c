// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses modulo
/* A remainder as the instruction. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u32, 26);

	asm volatile("r1 = %0\n.8byte 0x0000000600000197\n%0 = r1" : "+r"(x)::"r1"); /* r1 %= 6 */
	ctx->rx_queue_index = x;
	return XDP_PASS;
}
