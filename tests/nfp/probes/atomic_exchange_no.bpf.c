// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses atomic-op
/* A word is exchanged for another. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
ctx->rx_queue_index = __sync_lock_test_and_set(&p->a, 1) & 7;
return XDP_PASS;
}
