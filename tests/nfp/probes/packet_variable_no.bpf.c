// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses packet-bounds
/* A place that the packet says, without asking for the end. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	data += AT(__u8, 26) & 15;
	return AT(__u8, 40) ? XDP_DROP : XDP_PASS;
}
