// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* To big endian: 16, 32 and 64 bits. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = bpf_be64_to_cpu(AT(__u64, 26));

	ctx->rx_queue_index = (bpf_ntohs(AT(__u16, 12)) + bpf_ntohl(AT(__u32, 30)) + (x >> 60)) & 7;
	return XDP_PASS;
}
