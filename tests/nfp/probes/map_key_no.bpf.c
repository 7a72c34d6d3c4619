// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-key
/* A key of 57 bytes. */
#include "probe.h"

struct key {
	__u8 byte[57];
};
MAP(m, HASH, struct key, __u8, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct key key = { 0 };

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
