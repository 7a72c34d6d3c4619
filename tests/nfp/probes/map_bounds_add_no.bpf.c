// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-bounds
/* An addition beyond the value. */
#include "probe.h"

ARRAY(m, struct words, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct words *v;
__u32 key = 0;

PACKET(ctx);
v = bpf_map_lookup_elem(&m, &key);
if (v)
	__sync_fetch_and_add(&v->word[14], 1);
return XDP_PASS;
}
