// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A value of 56 bytes, all of it read. */
#include "probe.h"

ARRAY(m, struct words, 16);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0, sum = 0;
	struct words *v = bpf_map_lookup_elem(&m, &key);

	if (!v)
		return XDP_PASS;
	#pragma unroll
	for (int i = 0; i < 14; i++)
		sum += v->word[i];
	ctx->rx_queue_index = sum & 7;
	return XDP_PASS;
}
