// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-call
/* A look-up in what is no map. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(ctx, &key) ? XDP_DROP : XDP_PASS;
}
