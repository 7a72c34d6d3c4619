// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses pointer-math
/* Four bytes of a pointer are stored on the stack. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("*(u32 *)(r10 - 8) = %0" ::"r"(ctx) : "memory");
return XDP_PASS;
}
