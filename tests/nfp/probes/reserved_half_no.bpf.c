// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* The second half of a wide load names a register. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile(".8byte 0x0000000100000218\n.8byte 0x100" ::: "r2");
return XDP_DROP;
}
