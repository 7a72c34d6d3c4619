// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* A return with a number in a field that it has not. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u64 x = bpf_get_prandom_u32();

asm volatile("r0 = %0\nif r0 == 7 goto +1\n.8byte 0x0000000100000095" ::"r"(x) : "r0");
return XDP_DROP;
}
