/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * own.h - is an address the receiver's own? One comparison in the table that shuntd keeps (struct
 * shunt_own)
 *
 * A table that is not written yet has no own address: all frames are left to the kernel.
 */
#pragma once

#include "parse.h"

/* 1 if x is 0, else 0. No branch. */
static __always_inline __u64 is_zero(__u64 x)
{
	return shunt_some(x) ^ 1;
}

static __always_inline struct shunt_own_slot *own_slot(struct shunt_own *own, __u64 use, __u32 hash)
{
	__u64 half = shunt_index(use >> 32, 2), at = SHUNT_OWN_AT(hash);

	return &own->slot[half][shunt_index(at, SHUNT_OWN_SLOTS)];
}

/* The address's kind (enum shunt_own_kind). */
static __always_inline __u64 own_kind4(struct shunt_own *own, __u64 use, __be32 addr)
{
	struct shunt_own_slot *s = own_slot(own, use, shunt_own_hash4(use, addr));

	return shunt_pick(is_zero(s->addr[3] ^ addr), s->kind, SHUNT_OWN_FREE);
}

static __always_inline __u64 own_kind6(struct shunt_own *own, __u64 use, const __be32 *addr)
{
	struct shunt_own_slot *s = own_slot(own, use, shunt_own_hash6(use, addr));
	__u64 differs = (s->addr[0] ^ addr[0]) | (s->addr[1] ^ addr[1]) | (s->addr[2] ^ addr[2]) |
			(s->addr[3] ^ addr[3]);

	return shunt_pick(is_zero(differs), s->kind, SHUNT_OWN_FREE);
}

/* 0: the frame is for the receiver's MAC. */
static __always_inline __u64 other_mac(const struct shunt_packet *p, struct shunt_own *own)
{
	return (*(__u64 *)p->data ^ *(__u64 *)own->mac) & own->mac_mask;
}

/* 0: it is for one of the receiver's addresses. */
static __always_inline __u64 other_address(const struct shunt_packet *p, struct shunt_own *own)
{
	__u64 use = own->use;

	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return 1;
		return own_kind6(own, use, ip->daddr.in6_u.u6_addr32) ^ SHUNT_OWN6;
	}
	if ((void *)((struct iphdr *)p->l3 + 1) > p->end)
		return 1;
	return own_kind4(own, use, ((struct iphdr *)p->l3)->daddr) ^ SHUNT_OWN4;
}

/* Why it is not for the receiver (enum shunt_pass); SHUNT_NR_PASS: it is. */
static __always_inline __u32 not_for(const struct shunt_packet *p, struct shunt_own *own,
				     __u32 flags)
{
	__u64 address = other_address(p, own), mac = other_mac(p, own);

	if (!(address | mac) || (flags & SHUNT_CFG_ANY_ADDR))
		return SHUNT_NR_PASS;
	return address ? SHUNT_PASS_ADDR : SHUNT_PASS_MAC;
}

/* 1 if the source address is one of the receiver's own, or a broadcast address of its networks. */
static __always_inline __u64 is_from_own(const struct shunt_packet *p, struct shunt_own *own)
{
	__u64 use = own->use;

	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return 1;
		return own_kind6(own, use, ip->saddr.in6_u.u6_addr32) >> 1 & 1;
	}
	if ((void *)((struct iphdr *)p->l3 + 1) > p->end)
		return 1;
	return own_kind4(own, use, ((struct iphdr *)p->l3)->saddr) & 1;
}
