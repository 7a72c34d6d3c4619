// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses store-imm
/* A constant goes straight to the packet. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
asm volatile("r1 = %0\n.8byte 0x0000000500000162" ::"r"(data) : "r1", "memory");
return XDP_PASS;
}
