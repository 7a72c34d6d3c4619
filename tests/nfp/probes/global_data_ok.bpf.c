// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* An array of one entry, and a constant of the compiler's. */
#include "probe.h"

ARRAY(config, __u32, 1);
static const __u32 mask = 7;

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0, *queue = bpf_map_lookup_elem(&config, &key);

	if (queue)
		ctx->rx_queue_index = *queue & mask;
	return XDP_PASS;
}
