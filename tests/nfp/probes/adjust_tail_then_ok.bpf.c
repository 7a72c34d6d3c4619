// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The packet is read after it was cut, by new bounds. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
if (bpf_xdp_adjust_tail(ctx, -4))
	return XDP_DROP;
PACKET(ctx);
return AT(__u8, 12) ? XDP_DROP : XDP_PASS;
}
