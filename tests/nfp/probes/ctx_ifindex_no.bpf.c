// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses ctx-load
/* The interface is read. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex == 3 ? XDP_DROP : XDP_PASS;
}
