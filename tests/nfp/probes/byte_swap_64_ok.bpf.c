// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Eight bytes, to big endian. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
PACKET(ctx);
ctx->rx_queue_index = bpf_cpu_to_be64(AT(__u64, 24)) & 7;
return XDP_PASS;
}
