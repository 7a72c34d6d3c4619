// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-type
/* The card has no other programs for a tail call. */
#include "probe.h"

MAP(next, PROG_ARRAY, __u32, __u32, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &next, 0);
	return XDP_PASS;
}
