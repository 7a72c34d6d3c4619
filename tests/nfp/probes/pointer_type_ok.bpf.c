// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Bytes of the packet are taken for an offset. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	return *(__u8 *)(data + (AT(__u64, 26) & 0)) ? XDP_DROP : XDP_PASS;
}
