// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-load
/* Half of a word of the context. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u64 half;

asm volatile("%0 = *(u16 *)(%1 + 0)" : "=r"(half) : "r"(ctx));
return half ? XDP_PASS : XDP_DROP;
}
