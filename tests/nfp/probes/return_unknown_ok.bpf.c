// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A number that the packet has. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
return AT(__u8, 26);
}
