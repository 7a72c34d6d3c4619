/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * classify.h - from a UDP datagram to a class: the port's rules in order, then its default
 *
 * The map "rules" is the including program's, as each target has its own.
 */
#pragma once

#include <shunt/policy.h>

#include "parse.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "short payloads are shifted as little-endian words"
#endif

/*
 * Eight bytes of payload from offset on, in the order of the packet; bytes beyond its end are 0,
 * with 0xff in *lack. Near the payload's end its last eight bytes are read instead (the UDP header
 * lies before it, so there always are eight) and shifted. One branch only: the verifier follows
 * both ways of each, for every rule.
 */
static __always_inline __u64 load_payload(const struct shunt_packet *p, __u32 offset, __u64 *lack)
{
	__u64 want = (offset & SHUNT_OFFSET_MAX) + 8, stop = shunt_min(want, p->len);
	__u64 half = shunt_min(want - stop, 8) * 4; /* bits that are lacking, in two halves */
	__u8 *at = (__u8 *)p->udp + shunt_index(stop, 0x4000);

	*lack = ~(~0ULL >> half >> half);
	if ((void *)(at + 8) > p->end) {
		*lack = ~0ULL;
		return 0;
	}
	return *(__u64 *)at >> half >> half;
}

static __always_inline int rule_matches(const struct shunt_packet *p, const struct shunt_rule *r)
{
	__u32 offset = r->offset & SHUNT_OFFSET_MAX;
	__u8 *at = (__u8 *)(p->udp + 1) + offset;
	__u64 near_end = shunt_less(p->len, offset + 8), lack, word;

	/* The usual case. Written without a comparison that the verifier sees: it would keep, for
	 * every rule, what the comparison says of the length, and follow each such state. */
	asm volatile("" : "+r"(near_end));
	if (!near_end)
		return (void *)(at + 8) <= p->end && (*(__u64 *)at & r->mask) == r->value;
	word = load_payload(p, offset, &lack);
	return !(r->mask & lack) && (word & r->mask) == r->value;
}

#define RULE_ACTOR(named) ((__u16)(named)) /* of struct shunt_rule */
#define RULE_SPREAD(named) ((named) >> 16)

/*
 * A port's entry as it is at one moment. The loader replaces "first" and "count" by one store while
 * packets are classified, so they are one load, too: what is read apart may be half of the old
 * entry and half of the new one. The rules that an old entry names stay where they are for as long
 * as a packet may have read it (loader/rules.c).
 */
#define ENTRY_FIRST(entry) ((__u16)(entry)) /* as in struct shunt_port */
#define ENTRY_COUNT(entry) ((__u8)((entry) >> 16))
#define ENTRY_CLS(entry) ((__u8)((entry) >> 24))

SHUNT_ASSERT(!__builtin_offsetof(struct shunt_port, first) &&
	     __builtin_offsetof(struct shunt_port, count) == 2 &&
	     __builtin_offsetof(struct shunt_port, cls) == 3, "where an entry has its fields");

static __always_inline __u64 port_entry(const struct shunt_port *port)
{
	return *(const volatile __u64 *)port;
}

/* The class of a datagram for this port, not yet bounded; *spill: no rule named it; *named, if not
 * NULL: the actors that the rule names, RULE_ACTOR() and RULE_SPREAD(), written if there are some.
 * */
static __always_inline __u32 classify(const struct shunt_packet *p, const struct shunt_port *port,
				      __u32 *spill, __u32 *named)
{
	__u64 entry = port_entry(port);

	*spill = 0;
	for (__u32 i = 0; i < SHUNT_PORT_RULES; i++) {
		__u32 at = (ENTRY_FIRST(entry) + i) & (SHUNT_RULES - 1);
		struct shunt_rule *r;

		/* No comparison that the verifier sees: it would remember for each rule how many
		 * there are, and follow all that is behind once more. */
		if (!shunt_less(i, ENTRY_COUNT(entry)))
			break;
		r = bpf_map_lookup_elem(&rules, &at);
		if (r && rule_matches(p, r)) {
			if (named)
				*named = *(__u32 *)&r->actor;
			return r->cls;
		}
	}
	*spill = ENTRY_COUNT(entry) != 0;
	return ENTRY_CLS(entry);
}

/* Is the service's address the packet's? flags: enum shunt_cfg_flags. */
static __always_inline int is_for(const struct shunt_packet *p, __u32 flags, __be32 addr4,
				  const __be32 *addr6)
{
	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;
		const __be32 *to;

		if (!(flags & SHUNT_CFG_ADDR6))
			return 1;
		if ((void *)(ip + 1) > p->end)
			return 0;
		to = ip->daddr.in6_u.u6_addr32;
		return to[0] == addr6[0] && to[1] == addr6[1] && to[2] == addr6[2] &&
		       to[3] == addr6[3];
	}
	if (!(flags & SHUNT_CFG_ADDR4))
		return 1;
	return (void *)((struct iphdr *)p->l3 + 1) <= p->end &&
	       ((struct iphdr *)p->l3)->daddr == addr4;
}

/* Multiplicative mixing of 32-bit words: cheap, and spread enough for 64 cores. */
static __always_inline __u32 mix(__u32 h, __u32 word)
{
	h ^= word;
	SHUNT_U32(h);
	h *= 0x9e3779b1;
	return h ^ h >> 15;
}

static __always_inline __u32 hash_flow(const struct shunt_packet *p)
{
	__u32 h = *(__u32 *)p->udp; /* both ports */
	const __u32 *at;

	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;

		at = (const __u32 *)&ip->saddr;
		if ((void *)(ip + 1) > p->end)
			return 0;
#pragma unroll
		for (int i = 0; i < 8; i++)
			h = mix(h, at[i]);
	} else {
		struct iphdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return 0;
		h = mix(mix(h, ip->saddr), ip->daddr);
	}
	return mix(h, 0x85ebca6b);
}

static __always_inline __u32 hash_key(const struct shunt_packet *p, const struct shunt_port *port)
{
	__u32 len = port->key_len, off = port->key_off, h = len;
	__u64 word, lack;

	for (__u32 i = 0; i < SHUNT_KEY_MAX; i += 8) {
		if (i >= len)
			break;
		word = load_payload(p, off + i, &lack);
		if (i + 8 > len)
			word &= ~(~0ULL << (len - i) * 8);
		h = mix(mix(h, word), word >> 32);
	}
	return mix(h, 0x85ebca6b);
}

/* The hint: two bytes at the port's key, which the client copied from a reply. */
static __always_inline __u16 read_hint(const struct shunt_packet *p, const struct shunt_port *port)
{
	__u64 lack, word = load_payload(p, port->key_off, &lack);

	return port->key_len < 2 || (lack & 0xffff) ? SHUNT_NONE : word;
}
