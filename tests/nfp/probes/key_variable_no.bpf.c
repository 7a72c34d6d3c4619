// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses key-offset
/* The key's place on the stack is chosen by the packet. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 place[4] = { 0 }, *key;

PACKET(ctx);
asm volatile("" ::"r"(place) : "memory");
key = &place[AT(__u8, 26) & 3];
asm volatile("" : "+r"(key)::"memory");
return bpf_map_lookup_elem(&m, key) ? XDP_PASS : XDP_DROP;
}
