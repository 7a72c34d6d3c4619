// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The packet, as XDP has it. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
return AT(__u8, 23) ? XDP_PASS : XDP_DROP;
}
