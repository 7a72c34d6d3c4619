// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * small.bpf.c - a program and a map for the offload of
 * netdevsim, whose maps have two entries at most
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} queue_of SEC(".maps");

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("xdp")
int choose(struct xdp_md *ctx)
{
	__u32 key = bpf_get_prandom_u32() & 1, *queue = bpf_map_lookup_elem(&queue_of, &key);

	if (queue)
		ctx->rx_queue_index = *queue;
	return XDP_PASS;
}
