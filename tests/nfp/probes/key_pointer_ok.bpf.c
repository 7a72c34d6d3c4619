// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The key is copied from the packet to the stack. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key;

	PACKET(ctx);
	key = AT(__u32, 26);
	return bpf_map_lookup_elem(&m, &key) ? XDP_DROP : XDP_PASS;
}
