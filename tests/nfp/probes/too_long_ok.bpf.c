// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A few rounds less, just below 2560 instructions. */
#include "probe.h"

#define ROUND(n) s = s * (2654435761u * (n)) + (s >> (3 + (n) % 13))
#define TEN(n)                                                                                     \
	ROUND(n##0); ROUND(n##1); ROUND(n##2); ROUND(n##3); ROUND(n##4); ROUND(n##5); ROUND(n##6); \
	ROUND(n##7); ROUND(n##8); ROUND(n##9)

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 s;

	PACKET(ctx);
	s = AT(__u32, 26);
	TEN(1);
	TEN(2);
	TEN(3);
	TEN(4);
	TEN(5);
	TEN(6);
	TEN(7);
	TEN(8);
	TEN(9);
	TEN(10);
	TEN(11);
	TEN(12);
	TEN(13);
	TEN(14);
	TEN(15);
	TEN(16);
	TEN(17);
	TEN(18);
	TEN(19);
	ctx->rx_queue_index = s & 7;
	return XDP_PASS;
}
