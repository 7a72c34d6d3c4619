// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-load
/* The start of the metadata is read. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return ctx->data_meta == ctx->data ? XDP_DROP : XDP_PASS;
}
