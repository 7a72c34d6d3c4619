// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* After asking. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	data += AT(__u8, 26) & 15;
	if (data + 41 > end)
		return XDP_PASS;
	return AT(__u8, 40) ? XDP_DROP : XDP_PASS;
}
