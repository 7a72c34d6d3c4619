// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* A constant of 64 bits with an offset. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile(".8byte 0x0000000100010218\n.8byte 0" ::: "r2");
return XDP_DROP;
}
