// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses key-pointer
/* The key is in the packet. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	return bpf_map_lookup_elem(&m, data + 26) ? XDP_DROP : XDP_PASS;
}
