// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses packet-bounds
/* A byte of the packet is read behind the tested length. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	return AT(__u8, 64) ? XDP_DROP : XDP_PASS;
}
