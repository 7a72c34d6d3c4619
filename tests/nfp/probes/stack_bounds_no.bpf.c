// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses stack-bounds
/* Four bytes below the stack's end. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	asm volatile("r1 = 0\n*(u32 *)(r10 - 516) = r1" ::: "r1", "memory");
	return XDP_PASS;
}
