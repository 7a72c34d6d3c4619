// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses stack-bounds
/* The frame's address is changed. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile(".8byte 0xfffffff800000a07" ::: "memory");
return XDP_DROP;
}
