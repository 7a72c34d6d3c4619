// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* More room than is always there: the card looks first. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return bpf_xdp_adjust_head(ctx, -85) ? XDP_DROP : XDP_PASS;
}
