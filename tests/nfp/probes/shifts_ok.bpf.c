// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Shifts by constants and variables, of 32 and 64 bits, with and without sign. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u64 x = AT(__u64, 26);
	__s64 s = AT(__u64, 34);
	__u32 w = AT(__u32, 42), n = AT(__u8, 46);

	x = (x << 3) ^ (x >> 32) ^ (x << (n & 63)) ^ (x >> (n & 31));
	s = (s >> 5) ^ (s >> 40) ^ (s >> (n & 63)) ^ (s >> (32 | (n & 31)));
	w = (w << 5) ^ (w >> (n & 31)) ^ (w << (n & 31)) ^ ((__s32)w >> 7) ^ ((__s32)w >> (n & 31));
	ctx->rx_queue_index = (x ^ s ^ w) & 7;
	return XDP_PASS;
}
