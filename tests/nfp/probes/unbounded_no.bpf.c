// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses unbounded
/* A loop without an end. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	asm volatile("1: goto 1b");
	return XDP_PASS;
}
