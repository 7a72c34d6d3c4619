// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* 2560 instructions. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("r2 = 0\nr1 = 0\n.rept 2530\nw1 += w2\n.endr" ::: "r1", "r2");
return XDP_PASS;
}
