// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-insn
/* A packet access of classic BPF. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	asm volatile("r6 = r1\n.8byte 0x0000001700000020" ::: "r6", "r0");
	return XDP_PASS;
}
