// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The last word. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0, *v = bpf_map_lookup_elem(&m, &key);

	if (v)
		ctx->rx_queue_index = v[1];
	return XDP_PASS;
}
