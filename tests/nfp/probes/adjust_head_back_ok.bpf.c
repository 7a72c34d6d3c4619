// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Room is made in front, as much as is always there. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return bpf_xdp_adjust_head(ctx, -84) ? XDP_DROP : XDP_PASS;
}
