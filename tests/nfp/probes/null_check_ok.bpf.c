// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The result of a look-up is tested for NULL before it is read. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct pair *p = bpf_map_lookup_elem(&m, &key);

	if (!p)
		return XDP_DROP;
	ctx->rx_queue_index = p->a;
	return XDP_PASS;
}
