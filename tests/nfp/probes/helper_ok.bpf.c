// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The card has random numbers. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->rx_queue_index = bpf_get_prandom_u32() & 7;
	return XDP_PASS;
}
