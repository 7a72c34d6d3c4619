// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* 256 bytes, and 248 of a function with its return address: 512. */
#include "probe.h"

static __attribute__((noinline)) int inner(int x)
{
	asm volatile("*(u64 *)(r10 - 248) = %0" : "+r"(x)::"memory");
	return x;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u64 x = bpf_get_prandom_u32();

asm volatile("*(u64 *)(r10 - 256) = %0" : "+r"(x)::"memory");
return inner(x) ? XDP_PASS : XDP_DROP;
}
