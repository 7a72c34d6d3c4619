/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * sum.h - are the checksums of a datagram right? Where the configuration wants to know
 *
 * A driver hands a frame to XDP before the kernel looks at any checksum, and says nothing of what
 * the NIC found.
 *
 * One function for the verifier to look at by itself (a global one), as its paths would multiply
 * those of the caller.
 */
#pragma once

#include "parse.h"

#define SUM_BLOCK 512 /* bytes that bpf_csum_diff() takes at once on every kernel */

/* The positions in a datagram that sums_wrong() needs, in one word. */
static __always_inline __u32 sum_layout(const struct shunt_packet *p)
{
	return (__u32)((void *)p->udp - p->data) | p->ipv6 << 8 |
	       (p->len + sizeof(struct udphdr)) << 16;
}

static __always_inline __u64 halves(__u64 word)
{
	return (word >> 32) + (__u32)word;
}

/* 1 if the ones' complement sum is not that of right data, all ones. */
static __always_inline __u64 is_wrong(__u64 sum)
{
	sum = halves(sum);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return shunt_some(sum ^ 0xffff);
}

/* Left bytes of a datagram from offset "at" on, which are there or the answer is 0: a sum that is
 * never right. */
static __always_inline __u64 sum_bytes(void *data, void *end, __u64 at, __u64 left, __u64 sum)
{
	__u64 stop = at + left, rest;
	void *here;

	for (__u32 i = 0; i < 4096 / SUM_BLOCK && left >= SUM_BLOCK;
	     i++, left -= SUM_BLOCK, at += SUM_BLOCK) {
		here = data + shunt_index(at, 4096);
		if (here + SUM_BLOCK > end)
			return 0;
		sum += (__u32)bpf_csum_diff(NULL, 0, here, SUM_BLOCK, 0);
	}
#pragma unroll
	for (__u32 block = SUM_BLOCK / 2; block >= 64; block /= 2) {
		if (!(left & block))
			continue;
		here = data + shunt_index(at, 4096);
		if (here + block > end)
			return 0;
		sum += (__u32)bpf_csum_diff(NULL, 0, here, block, 0);
		at += block;
	}
	rest = left & 63;
	for (__u32 i = 0; i < 7 && rest >= 8; i++, rest -= 8, at += 8) {
		here = data + shunt_index(at, 4096);
		if (here + 8 > end)
			return 0;
		sum += halves(*(__u64 *)here);
	}
	/* The datagram's last eight bytes, of which the first are summed up already: its header
	 * alone has as many. */
	here = data + shunt_index(stop - 8, 4096);
	if (here + 8 > end)
		return 0;
	rest = (8 - rest) * 4;
	return sum + halves(*(__u64 *)here >> rest >> rest);
}

/* Returns a bit (enum shunt_deny) for each checksum that is wrong. verify: enum shunt_verify. */
__noinline int sums_wrong(struct xdp_md *ctx, __u32 layout, __u32 verify)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u64 at = layout & 63, len = layout >> 16, wrong = 0, sum;
	struct udphdr *udp = data + at;
	__u64 *ip6;
	__u32 *ip;

	if ((void *)(udp + 1) > end)
		return 1 << SHUNT_DENY_UDP_SUM;
	sum = bpf_htons(IPPROTO_UDP) + bpf_htons(len);
	if (layout & 1 << 8) {
		ip6 = data + shunt_index(at - 4 * sizeof(*ip6), 64);
		if ((void *)(ip6 + 4) > end)
			return 1 << SHUNT_DENY_UDP_SUM;
		sum += halves(ip6[0]) + halves(ip6[1]) + halves(ip6[2]) + halves(ip6[3]);
	} else {
		ip = data + shunt_index(at - sizeof(struct iphdr), 64);
		if ((void *)(ip + 5) > end)
			return 1 << SHUNT_DENY_IP_SUM;
		wrong = is_wrong((__u64)ip[0] + ip[1] + ip[2] + ip[3] + ip[4]) << SHUNT_DENY_IP_SUM;
		sum += (__u64)ip[3] + ip[4];
		if (!udp->check) /* none */
			return wrong;
	}
	if (verify < SHUNT_VERIFY_UDP)
		return wrong;
	if (!udp->check)
		return 1 << SHUNT_DENY_UDP_SUM;
	return wrong | is_wrong(sum_bytes(data, end, at, len, sum)) << SHUNT_DENY_UDP_SUM;
}
