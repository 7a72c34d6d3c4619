// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-bounds
/* A word behind the end of a map's value is read. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0, *v = bpf_map_lookup_elem(&m, &key);

	if (v)
		ctx->rx_queue_index = v[2];
	return XDP_PASS;
}
