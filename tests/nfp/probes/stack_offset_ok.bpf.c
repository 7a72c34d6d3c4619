// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* An array on the stack is indexed by constants. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	volatile __u8 seen[16];

	PACKET(ctx);
	seen[3] = AT(__u8, 26);
	seen[9] = AT(__u8, 27);
	return seen[3] == seen[9] ? XDP_DROP : XDP_PASS;
}
