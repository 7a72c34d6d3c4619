// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-mixed
/* One program adds to the word that another one reads. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int adds(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct pair *p = bpf_map_lookup_elem(&m, &key);

	if (p)
		__sync_fetch_and_add(&p->a, 1);
	return XDP_PASS;
}

SEC("xdp") int reads(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct pair *p = bpf_map_lookup_elem(&m, &key);

	if (p)
		ctx->rx_queue_index = p->a & 7;
	return XDP_PASS;
}
