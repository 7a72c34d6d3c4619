// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A look-up in a map. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&m, &key) ? XDP_DROP : XDP_PASS;
}
