// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-key
/* A key of 2 GiB, looked for on the stack. */
#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 0x80000000);
	__uint(value_size, 4);
} m SEC(".maps");

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
