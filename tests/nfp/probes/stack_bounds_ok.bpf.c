// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The last four. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	asm volatile("r1 = 0\n*(u32 *)(r10 - 512) = r1" ::: "r1", "memory");
	return XDP_PASS;
}
