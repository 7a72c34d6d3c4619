// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The result of an atomic addition is not used. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct pair *p;
	__u32 key = 0;

	p = bpf_map_lookup_elem(&m, &key);
	if (p)
		__sync_fetch_and_add(&p->b, 1);
	return XDP_PASS;
}
