// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A value is read, and the packet is stored to. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct pair *p;
	__u32 key = 0;

	PACKET(ctx);
	p = bpf_map_lookup_elem(&m, &key);
	if (p)
		AT(__u32, 26) = p->b;
	return XDP_PASS;
}
