// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A value of 56 bytes is copied into the packet. */
#include "probe.h"

ARRAY(m, struct words, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct words *v;

	PACKET(ctx);
	v = bpf_map_lookup_elem(&m, &key);
	if (!v)
		return XDP_PASS;
	__builtin_memcpy(data, v, 48);
	return XDP_TX;
}
