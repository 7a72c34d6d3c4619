// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * again.bpf.c - the request once more, where a program made a reply of its frame: then the next one
 *
 * A reply that says no is nothing that would be answered so again, and a repeat of
 * BPF_PROG_TEST_RUN finds the frame as it was left. What this program takes is measured with one
 * that drops, and left out.
 *
 * A NIC's driver does not store the frame a moment before: so the stores are waited for, by an
 * atomic add. Else the next program would read them back from where the CPU has them in pieces of
 * other sizes, which stalls it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FRAME 128 /* bytes of the request, at most */

struct request {
	__u64 word[FRAME / 8];
};

/* Entry 0: the request, zeros behind it; entry 1: its length is the first word, and the next one is
 * added to. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct request);
} again_request SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} again_next SEC(".maps");

SEC("xdp")
int again(struct xdp_md *ctx)
{
	__u32 zero = 0, one = 1;
	struct request *from = bpf_map_lookup_elem(&again_request, &zero), *about =
		bpf_map_lookup_elem(&again_request, &one);
	__u64 *to, frame;

	if (!from || !about)
		return XDP_ABORTED;
	frame = (__u64)ctx->data_end - ctx->data;
	asm volatile("" : "+r"(frame));
	/* By nothing, too: what the call takes is left out as well. */
	if (bpf_xdp_adjust_tail(ctx, (int)about->word[0] - (int)frame))
		return XDP_ABORTED;
	to = (void *)(long)ctx->data;
	for (int i = 0; i < FRAME / 8; i++) {
		if ((void *)(to + i + 1) > (void *)(long)ctx->data_end)
			break;
		to[i] = from->word[i];
	}
	__sync_fetch_and_add(&about->word[1], 1);
	bpf_tail_call(ctx, &again_next, 0);
	return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
