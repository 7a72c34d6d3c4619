// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Functions that call functions, and keep values over the calls. */
#include "probe.h"

static __attribute__((noinline)) int inner(__u32 a, __u32 b)
{
	return (a ^ b) >> 3;
}

static __attribute__((noinline)) int outer(__u32 a, __u32 b)
{
	__u32 first = inner(a, b), second = inner(b, first + 1);

	return first + second + a;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
	volatile __u32 kept[3];

	PACKET(ctx);
	kept[1] = AT(__u32, 26);
	ctx->rx_queue_index = (outer(kept[1], AT(__u32, 30)) + outer(kept[1], 7)) & 7;
	return XDP_PASS;
}
