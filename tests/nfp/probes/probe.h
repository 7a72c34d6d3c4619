/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * probe.h - what probes share. A probe says in its first lines what the card makes of it, as the
 * driver's own verifier and JIT said: "card: accepts" or
 * "card: refuses RULE", RULE as of shunt lint.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, key_type, value_type, entries)                                             \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")
#define ARRAY(name, value_type, entries) MAP(name, ARRAY, __u32, value_type, entries)

struct pair {
	__u32 a, b;
};

struct words {
	__u32 word[14]; /* 56 bytes: the most */
};

/* The first 64 bytes of the packet, or leave. */
#define PACKET(ctx)                                                                                \
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;                  \
	if (data + 64 > end)                                                                       \
		return XDP_PASS

#define AT(type, offset) (*(type *)(data + (offset)))

/* The verifier sees again that it has 32 bits. */
#define U32(x) asm volatile("%0 = %0" : "+w"(x))

char _license[] SEC("license") = "GPL";
