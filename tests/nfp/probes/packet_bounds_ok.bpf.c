// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The last byte that was asked for. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	return AT(__u8, 63) ? XDP_DROP : XDP_PASS;
}
