// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses perf-event
/* An event for the ring of a CPU that is chosen. */
#include "probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} events SEC(".maps");

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 said = 7;

	bpf_perf_event_output(ctx, &events, 1, &said, sizeof(said));
	return XDP_PASS;
}
