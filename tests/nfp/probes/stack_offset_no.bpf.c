// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses stack-offset
/* An array on the stack is indexed by the packet. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u8 seen[16] = { 0 };

	PACKET(ctx);
	seen[AT(__u8, 26) & 15] = 1;
	return seen[AT(__u8, 27) & 15] ? XDP_DROP : XDP_PASS;
}
