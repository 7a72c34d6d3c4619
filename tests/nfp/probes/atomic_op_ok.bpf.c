// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Additions: of a constant, of 16 bits, of 32, of 64. */
#include "probe.h"

ARRAY(m, __u64, 8);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u64 *n, k64;
	__u32 key = 0;

	PACKET(ctx);
	k64 = AT(__u64, 26);
	n = bpf_map_lookup_elem(&m, &key);
	if (!n)
		return XDP_PASS;
	__sync_fetch_and_add(n, 1);
	__sync_fetch_and_add(n, end - data);
	__sync_fetch_and_add((__u32 *)n, AT(__u16, 12));
	__sync_fetch_and_add(n, k64);
	return XDP_PASS;
}
