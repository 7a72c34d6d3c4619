// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* As many as the packet says, twice. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (bpf_xdp_adjust_head(ctx, AT(__u8, 26)) || bpf_xdp_adjust_head(ctx, 60))
		return XDP_DROP;
	return XDP_PASS;
}
