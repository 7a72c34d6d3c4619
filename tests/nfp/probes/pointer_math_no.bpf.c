// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses pointer-math
/* A pointer is shifted. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	asm volatile("%0 >>= 1" : "+r"(data));
	return AT(__u8, 0) ? XDP_DROP : XDP_PASS;
}
