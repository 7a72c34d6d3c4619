// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses opcode
/* A jump far away, of a newer instruction set. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);

	asm volatile(".8byte 0x0000000000000006");
	return XDP_DROP;
}
