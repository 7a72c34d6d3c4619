// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper
/* There is no place for metadata. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_meta(ctx, -4) ? XDP_DROP : XDP_PASS;
}
