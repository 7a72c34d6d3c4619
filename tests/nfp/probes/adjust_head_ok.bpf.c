// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Fourteen bytes are taken off, which is known to be possible. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 14) ? XDP_DROP : XDP_PASS;
}
