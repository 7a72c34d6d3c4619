// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses byte-swap
/* Eight bytes, to little endian. */
#include "probe.h"

static __u64 le64(__u64 x)
{
	asm volatile("%0 = le64 %0" : "+r"(x));
	return x;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
ctx->rx_queue_index = le64(AT(__u64, 24)) & 7;
return XDP_PASS;
}
