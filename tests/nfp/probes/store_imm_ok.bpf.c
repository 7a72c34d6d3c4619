// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A constant goes through a register to the stack. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);

	asm volatile("r1 = 5\n*(u32 *)(r10 - 8) = r1" ::: "r1", "memory");
	return XDP_DROP;
}
