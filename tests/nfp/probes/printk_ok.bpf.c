// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* A counter says as much. */
#include "probe.h"

ARRAY(here, __u64, 1);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&here, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_PASS;
}
