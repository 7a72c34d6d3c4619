// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
// lint: warns packet-depth
/* The byte behind it: with a larger MTU it is not attached. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

if (data + 1990 > end)
	return XDP_DROP;
return AT(__u8, 1889) ? XDP_DROP : XDP_PASS;
}
