/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_helpers.h - an XDP program compiled for this machine, so
 * that a fuzzer sees its branches and sanitizers its accesses
 *
 * Comes before libbpf's header of this name. Maps are memory; helpers do what the kernel's do, as
 * far as they are called. The kernel itself runs the programs in tests/prog (BPF_PROG_TEST_RUN).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>
#include <linux/types.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif

#define SEC(name)
#define __uint(name, val) int (*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]

void *xdp_lookup(const void *map, const void *key);
long xdp_redirect(const void *map, uint32_t key, uint64_t flags);
long xdp_adjust_head(struct xdp_md *ctx, int by);
long xdp_adjust_tail(struct xdp_md *ctx, int by);
long xdp_adjust_meta(struct xdp_md *ctx, int by);
long xdp_load_bytes(struct xdp_md *ctx, uint32_t at, void *to, uint32_t len);
long xdp_store_bytes(struct xdp_md *ctx, uint32_t at, const void *from, uint32_t len);
long xdp_csum_diff(const void *from, uint32_t from_len, const void *to, uint32_t to_len,
		   uint32_t seed);
uint64_t xdp_now(void);
uint32_t xdp_random(void);
long xdp_record(const void *map, const void *data, uint64_t len, uint64_t flags);
/* A program that is not there: the caller goes on. */
static inline long xdp_tail_call(struct xdp_md *ctx, const void *map, uint32_t at)
{
	return -2;
}

#define bpf_map_lookup_elem(map, key) xdp_lookup(map, key)
#define bpf_redirect_map(map, key, flags) xdp_redirect(map, key, flags)
#define bpf_xdp_adjust_head xdp_adjust_head
#define bpf_xdp_adjust_tail xdp_adjust_tail
#define bpf_xdp_adjust_meta xdp_adjust_meta
#define bpf_xdp_load_bytes xdp_load_bytes
#define bpf_xdp_store_bytes xdp_store_bytes
#define bpf_tail_call xdp_tail_call
#define bpf_ringbuf_output xdp_record
#define bpf_csum_diff xdp_csum_diff
#define bpf_ktime_get_ns xdp_now
#define bpf_get_prandom_u32 xdp_random
