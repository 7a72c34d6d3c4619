// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A queue that the card has not: it chooses itself. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
ctx->rx_queue_index = 1000;
return XDP_PASS;
}
