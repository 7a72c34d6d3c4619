// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses stack-moves
/* A function is given places that differ within a word. */
#include "probe.h"

static __attribute__((noinline)) int read(const __u8 *at)
{
	return *(volatile const __u8 *)at;
}

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u8 place[8];

	PACKET(ctx);
	__builtin_memcpy(place, data + 26, 8);
	asm volatile("" ::"r"(place) : "memory");
	ctx->rx_queue_index = (read(place) + read(place + 1)) & 7;
	return XDP_PASS;
}
