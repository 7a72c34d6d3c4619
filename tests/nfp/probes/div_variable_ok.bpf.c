// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Divisions by constants: odd, even, a power of two, and a large one. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u32 w = AT(__u32, 26), q;

	q = w / 7 + w / 28 + w / 6 + w / 8 + w / 3000000000;
	ctx->rx_queue_index = q & 7;
	return XDP_PASS;
}
