// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses modulo
/* A remainder of 32 bits, by a constant. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 x;

PACKET(ctx);
x = AT(__u32, 26);
asm volatile("r1 = %0\n.8byte 0x0000000700000194\n%0 = r1" : "+r"(x)::"r1");
ctx->rx_queue_index = x;
return XDP_PASS;
}
