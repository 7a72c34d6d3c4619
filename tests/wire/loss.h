/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * loss.h - for programs of the wire lab's switch: frames of the wire transport, and losing them
 *
 * At the rate in the map (of 2^16), in bursts of so many; those of one type, or of any.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct loss {
	__u32 rate, burst;
	__u32 left; /* of the burst that goes on */
	__u32 type; /* enum shunt_wire_type; 0: any */
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

static __always_inline int chance(__u32 rate)
{
	return (bpf_get_prandom_u32() & 0xffff) < rate;
}

static __always_inline __u32 type_of(struct xdp_md *ctx)
{
	__u8 *frame = (void *)(long)ctx->data;

	return frame + 16 <= (__u8 *)(long)ctx->data_end ? frame[15] : 0;
}

/* Is this frame lost? */
static __always_inline int loses(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct loss *l = bpf_map_lookup_elem(&loss, &zero);

	if (!l || !l->rate || (l->type && l->type != type_of(ctx)))
		return 0;
	if (l->left)
		l->left--;
	else if (chance(l->rate))
		l->left = l->burst ? l->burst - 1 : 0;
	else
		return 0;
	__sync_fetch_and_add(&l->lost, 1);
	return 1;
}
