// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * stub.bpf.c - stands for the policy's program among other XDP programs in libxdp's dispatcher
 *
 * The dispatcher is made anew for each change of its members. The stub is one for as long as shunt
 * is loaded, and a switch of policies writes the map: no packet meets none.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} stub_calls SEC(".maps");

SEC("xdp")
int shunt_stub(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &stub_calls, 0);
	return XDP_PASS; /* nothing is there: shunt is being loaded or unloaded */
}
