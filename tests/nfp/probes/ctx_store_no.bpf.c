// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-store
/* The start of the packet is set. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	ctx->data = 0;
	return XDP_PASS;
}
