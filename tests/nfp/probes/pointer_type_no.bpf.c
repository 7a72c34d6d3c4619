// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses pointer-type
/* Bytes of the packet are taken for a pointer. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	return *(__u8 *)AT(__u64, 26) ? XDP_DROP : XDP_PASS;
}
