// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* All eight. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("*(u64 *)(r10 - 8) = %0" ::"r"(ctx) : "memory");
return XDP_PASS;
}
