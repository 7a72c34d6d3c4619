// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses store-imm
/* A constant goes straight to the stack. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);

	asm volatile(".8byte 0x00000005fff80a62" ::: "memory");
	return XDP_DROP;
}
