// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The card says no when it is asked to make a packet longer. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return bpf_xdp_adjust_tail(ctx, 4) ? XDP_DROP : XDP_PASS;
}
