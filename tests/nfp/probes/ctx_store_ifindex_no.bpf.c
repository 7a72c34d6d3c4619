// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-store
/* The interface that it came by is set. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("*(u32 *)(%0 + 12) = %1" ::"r"(ctx), "r"(3ULL));
return XDP_PASS;
}
