/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * copy.h - a packet's bytes into a slot and out of it again
 *
 * Linux 5.18 has helpers for it. Older kernels (BlueField's 5.15) get a loop over eight bytes a
 * round; compile with SHUNT_NIC_LOOP. Both are tested wherever the tests run.
 */
#pragma once

#include "state.h"

#define COPY_WORDS (SHUNT_NIC_FRAME / 8)

/*
 * Bytes to copy, which the verifier knows to be 1 to the size of a slot; 0: more than a slot has.
 * Linux 6.1's learns nothing from "not 0", so the bound is that of one less.
 */
static __always_inline __u64 copyable(__u32 len)
{
	__u64 less = len - 1;

	asm volatile("" : "+r"(less));
	if (less >= SHUNT_NIC_FRAME || less >= nic_frame)
		return 0;
	asm volatile("" : "+r"(less));
	return less + 1;
}

/* len bytes of the frame into the slot. -errno on failure. */
__noinline int copy_in(struct xdp_md *ctx, __u32 slot, __u32 len)
{
	__u8 *data = bpf_map_lookup_elem(&nic_data, &slot);
	__u64 bytes = copyable(len);

	if (!data || !bytes)
		return -1;
#ifdef SHUNT_NIC_LOOP
	void *from = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	for (__u32 i = 0; i < COPY_WORDS; i++) {
		if (i * 8 + 8 > len || from + i * 8 + 8 > end || i * 8 + 8 > nic_frame)
			break;
		*(__u64 *)(data + i * 8) = *(__u64 *)(from + i * 8);
	}
	for (__u32 i = 0; i < 7; i++) {
		__u32 at = (len & ~7u) + i;

		asm volatile("" : "+r"(at));
		if (at >= len || at >= SHUNT_NIC_FRAME || at >= nic_frame || from + at + 1 > end)
			break;
		data[at] = *(__u8 *)(from + at);
	}
	return 0;
#else
	return bpf_xdp_load_bytes(ctx, 0, data, bytes);
#endif
}

/* len bytes of the slot into the frame, behind the header of a request. */
__noinline int copy_out(struct xdp_md *ctx, __u32 slot, __u32 len)
{
	__u8 *data = bpf_map_lookup_elem(&nic_data, &slot);
	__u64 bytes = copyable(len);

	if (!data || !bytes)
		return -1;
#ifdef SHUNT_NIC_LOOP
	void *to = (void *)(long)ctx->data + sizeof(struct shunt_wire_request);
	void *end = (void *)(long)ctx->data_end;

	for (__u32 i = 0; i < COPY_WORDS; i++) {
		if (i * 8 + 8 > len || to + i * 8 + 8 > end || i * 8 + 8 > nic_frame)
			break;
		*(__u64 *)(to + i * 8) = *(__u64 *)(data + i * 8);
	}
	for (__u32 i = 0; i < 7; i++) {
		__u32 at = (len & ~7u) + i;

		asm volatile("" : "+r"(at));
		if (at >= len || at >= SHUNT_NIC_FRAME || at >= nic_frame || to + at + 1 > end)
			break;
		*(__u8 *)(to + at) = data[at];
	}
	return 0;
#else
	return bpf_xdp_store_bytes(ctx, sizeof(struct shunt_wire_request), data, bytes);
#endif
}
