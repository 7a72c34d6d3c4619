// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* A comparison of registers with one. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("r2 = 0\n.8byte 0x000000010000221d" ::: "r2");
return XDP_DROP;
}
