// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A map's value is counted up in place of an update by the helper. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct pair *p;
__u32 key = 0;

p = bpf_map_lookup_elem(&m, &key);
if (!p)
	return XDP_PASS;
__sync_fetch_and_add(&p->a, 1);
return XDP_PASS;
}
