/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * source.h - would an answer to this datagram go to a client?
 *
 * A reply goes where the request says that it came from, and anybody can write anything there: an
 * address that is no host's, the server's own, or another server's service port, and then two
 * servers answer each other for ever.
 *
 * One bit a reason, without a branch: the verifier would follow each of them with all that comes
 * after.
 */
#pragma once

#include <shunt/policy.h>

#include "own.h"

/* 0/8, 127/8, and from 224/8 on: multicast, reserved, broadcast. */
static __always_inline __u64 no_host4(__u32 first)
{
	return shunt_less(222, (first - 1) & 0xff) | is_zero(first ^ 127);
}

/* By the source address, in the bits of SHUNT_DENY_SOURCE and SHUNT_DENY_OWN. */
static __always_inline __u64 deny_address(const struct shunt_packet *p, struct shunt_own *own)
{
	__u64 wrong, differs;

	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;
		const __u64 *from = (const __u64 *)&ip->saddr, *to = (const __u64 *)&ip->daddr;

		if ((void *)(ip + 1) > p->end)
			return 1 << SHUNT_DENY_SOURCE;
		/* ::/64 has "unspecified", loopback and all that stands for an IPv4 address but
		 * NAT64's prefix. */
		wrong = is_zero(from[0]) | is_zero(*(const __u8 *)from ^ 0xff);
		differs = (from[0] ^ to[0]) | (from[1] ^ to[1]);
	} else {
		struct iphdr *ip = p->l3;

		if ((void *)(ip + 1) > p->end)
			return 1 << SHUNT_DENY_SOURCE;
		wrong = no_host4(*(const __u8 *)&ip->saddr);
		differs = ip->saddr ^ ip->daddr;
	}
	return wrong << SHUNT_DENY_SOURCE | (is_zero(differs) | is_from_own(p, own))
						    << SHUNT_DENY_OWN;
}

/*
 * Is the source port a service's? The bits of service ports, of which there are few, tell nearly
 * always that it is none: then the entry of port 0 is looked at instead, which is in the cache.
 */
static __always_inline __u64 deny_port(const struct shunt_packet *p, __u64 port_bits)
{
	__u32 from = bpf_ntohs(p->udp->source);
	__u32 key = shunt_pick(shunt_bit(port_bits, from), from, 0);
	struct shunt_port *port = bpf_map_lookup_elem(&ports, &key);
	__u64 on = port ? port->flags & SHUNT_PORT_ON : 0;

	return (on | is_zero(p->udp->source ^ p->udp->dest)) << SHUNT_DENY_PORT;
}

/*
 * Could there be a reason not to answer? Mostly there is none, and to find that out costs less than
 * to find out which. The bits of own addresses and service ports are set for some others, too.
 */
static __always_inline int is_suspect(const struct shunt_packet *p, struct shunt_own *own,
				      __u64 port_bits)
{
	struct ethernet *eth = p->data;
	__u64 bits = shunt_bit(port_bits, bpf_ntohs(p->udp->source)) | (eth->from[0] & 1);

	if (p->ipv6) {
		struct ipv6hdr *ip = p->l3;
		const __u64 *from = (const __u64 *)&ip->saddr;

		if ((void *)(ip + 1) > p->end)
			return 1;
		bits |= shunt_bit(own->last_bits, ((__u8 *)from)[15]);
		return bits || !from[0] || *(__u8 *)from == 0xff ||
		       p->udp->source == p->udp->dest || from[1] == from[3];
	} else {
		struct iphdr *ip = p->l3;
		__u8 first;

		if ((void *)(ip + 1) > p->end)
			return 1;
		first = *(__u8 *)&ip->saddr;
		bits |= shunt_bit(own->last_bits, ((__u8 *)&ip->saddr)[3]);
		return bits || first == 127 || (__u8)(first - 1) > 222 ||
		       p->udp->source == p->udp->dest || ip->saddr == ip->daddr;
	}
}

/* Reasons not to answer, one bit each (enum shunt_deny); 0: none. For a datagram to a service port;
 * "ports" is the including program's. */
static __always_inline __u64 deny(const struct shunt_packet *p, struct shunt_own *own,
				  __u64 port_bits)
{
	struct ethernet *eth = p->data;

	if (!is_suspect(p, own, port_bits))
		return 0;
	return (eth->from[0] & 1) << SHUNT_DENY_MAC | deny_address(p, own) |
	       deny_port(p, port_bits);
}

static __always_inline void count_pass(struct shunt_ingress *in, __u32 why)
{
	if (why < SHUNT_NR_PASS)
		in->pass[why]++;
}

/* The first of the reasons is counted. */
static __always_inline void count_deny(struct shunt_ingress *in, __u64 reasons)
{
	__u64 why = shunt_first(reasons);

	asm volatile("" : "+r"(why));
	if (why < SHUNT_NR_DENY)
		in->deny[why]++;
}
