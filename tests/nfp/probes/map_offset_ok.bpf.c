// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The entry is; the word is a constant. */
#include "probe.h"

ARRAY(m, struct words, 256);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct words *v;
	__u32 key;

	PACKET(ctx);
	key = AT(__u8, 26);
	v = bpf_map_lookup_elem(&m, &key);
	if (v)
		ctx->rx_queue_index = v->word[7];
	return XDP_PASS;
}
