// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-flags
/* A map on a NUMA node. */
#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, __u32);
	__type(value, __u64);
} m SEC(".maps");

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 key = 0;

return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
