// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses atomic-target
/* An addition to four bytes that are not aligned. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
asm volatile("r1 = 1\nlock *(u32 *)(%0 + 2) += r1" ::"r"(p) : "r1", "memory");
return XDP_PASS;
}
