// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Bytes, halves, words and pairs of words, near the stack's start and far from it. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	volatile struct {
		__u8 near8[8];
		__u16 near16[4];
		__u8 between[120];
		__u64 far64[4];
		__u32 far32[4];
		__u16 far16[4];
		__u8 far8[8];
	} s;

	PACKET(ctx);
	s.near8[1] = AT(__u8, 26);
	s.near16[1] = AT(__u16, 26);
	s.far64[1] = AT(__u64, 26);
	s.far32[1] = AT(__u32, 30);
	s.far16[3] = AT(__u16, 34);
	s.far8[5] = AT(__u8, 36);
	ctx->rx_queue_index =
		(s.near8[1] + s.near16[1] + s.far64[1] + s.far32[1] + s.far16[3] + s.far8[5]) & 7;
	return XDP_PASS;
}
