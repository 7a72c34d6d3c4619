// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The last byte that the card can look at. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

if (data + 1990 > end)
	return XDP_DROP;
return AT(__u8, 1888) ? XDP_DROP : XDP_PASS;
}
