// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A pointer is added to, and taken from. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	data += 30;
	data -= 4;
	return AT(__u8, 0) ? XDP_DROP : XDP_PASS;
}
