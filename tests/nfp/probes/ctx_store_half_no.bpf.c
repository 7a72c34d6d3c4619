// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-store
/* The queue is set, as two bytes. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("*(u16 *)(%0 + 16) = %1" ::"r"(ctx), "r"(3ULL));
return XDP_PASS;
}
