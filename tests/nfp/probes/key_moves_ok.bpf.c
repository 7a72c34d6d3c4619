// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Two paths put the key in two places, each at a word. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 place[2], *key = place;

	PACKET(ctx);
	place[0] = AT(__u32, 26);
	place[1] = AT(__u32, 30);
	if (AT(__u8, 12))
		key++;
	asm volatile("" : "+r"(key));
	return bpf_map_lookup_elem(&m, key) ? XDP_DROP : XDP_PASS;
}
