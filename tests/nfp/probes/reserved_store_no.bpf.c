// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* A store with one. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
asm volatile("r2 = 0\n.8byte 0x00000001fff82a7b" ::: "r2", "memory");
return XDP_DROP;
}
