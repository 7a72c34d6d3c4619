// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses stack-size
/* 256 bytes, and 256 of a function that has its return address besides: 576. */
#include "probe.h"

static __attribute__((noinline)) int inner(int x)
{
	asm volatile("*(u64 *)(r10 - 256) = %0" : "+r"(x)::"memory");
	return x;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u64 x = bpf_get_prandom_u32();

asm volatile("*(u64 *)(r10 - 256) = %0" : "+r"(x)::"memory");
return inner(x) ? XDP_PASS : XDP_DROP;
}
