// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * switch.bpf.c - programs of the wire lab's switch ports
 *
 * A veth's XDP_TX needs a program at the peer; "port" is that, and loses frames of the wire transport at
 * the rate in the map (of 2^16), in bursts of so many. "uplink" drops them all: no client is a core.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct loss {
	__u32 rate, burst;
	__u32 left, pad; /* of the burst that goes on */
	__u64 lost;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct loss);
} loss SEC(".maps");

static __always_inline int is_wire(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) <= (void *)(long)ctx->data_end &&
	       eth->h_proto == bpf_htons(0x88b5);
}

SEC("xdp")
int port(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct loss *l = bpf_map_lookup_elem(&loss, &zero);

	if (!l || !l->rate || !is_wire(ctx))
		return XDP_PASS;
	if (l->left)
		l->left--;
	else if ((bpf_get_prandom_u32() & 0xffff) < l->rate)
		l->left = l->burst ? l->burst - 1 : 0;
	else
		return XDP_PASS;
	__sync_fetch_and_add(&l->lost, 1);
	return XDP_DROP;
}

SEC("xdp")
int uplink(struct xdp_md *ctx)
{
	return is_wire(ctx) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
