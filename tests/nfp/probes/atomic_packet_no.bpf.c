// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses atomic-target
/* An atomic addition to the packet. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
__sync_fetch_and_add(&AT(__u32, 26), 1);
return XDP_PASS;
}
