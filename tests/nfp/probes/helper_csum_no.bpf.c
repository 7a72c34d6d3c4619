// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper
/* The card computes no checksum differences. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 from = 0, to = 1;

return bpf_csum_diff(&from, 4, &to, 4, 0) ? XDP_PASS : XDP_DROP;
}
