/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * parse.h - from a frame to a UDP datagram: Ethernet, up to two VLAN tags, IPv4 or IPv6, UDP
 *
 * Unusual packets (options, fragments, extension headers, lengths
 * that do not agree) are left to the kernel, which handles them.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <shunt/policy.h>

struct shunt_packet {
	void *data, *end;  /* the frame */
	void *l3;
	struct udphdr *udp;
	__u32 len;         /* UDP payload, as its header says; the frame has that much */
	__u32 ipv6;
};

/* Not struct ethhdr: that is packed, and so read byte by byte. */
struct ethernet {
	__u8 to[6], from[6];
	__be16 proto;
};

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

#define SHUNT_IP_FRAGMENT 0x3fff /* more fragments, or not the first */

static __always_inline int parse_ipv4(struct shunt_packet *p, __u32 *l4_len)
{
	struct iphdr *ip = p->l3;
	__u32 total;

	if ((void *)(ip + 1) > p->end || ip->version != 4 || ip->ihl != 5 ||
	    (ip->frag_off & bpf_htons(SHUNT_IP_FRAGMENT)))
		return SHUNT_PASS_IP;
	if (ip->protocol != IPPROTO_UDP)
		return SHUNT_PASS_PROTO;
	/* The frame may be longer (Ethernet pads to 60 bytes), never shorter. */
	total = bpf_ntohs(ip->tot_len);
	if (total < sizeof(*ip) || total > (__u64)(p->end - p->l3))
		return SHUNT_PASS_IP;
	*l4_len = total - sizeof(*ip);
	p->udp = (void *)(ip + 1);
	return SHUNT_NR_PASS;
}

/* The IPv6 extension headers of IANA's list: UDP may follow them. */
static __always_inline int is_extension(__u8 nexthdr)
{
	switch (nexthdr) {
	case 0:   /* hop-by-hop options */
	case 43:  /* routing */
	case 44:  /* fragment */
	case 50:  /* ESP */
	case 51:  /* AH */
	case 60:  /* destination options */
	case 135: /* mobility */
	case 139: /* host identity */
	case 140: /* shim6 */
	case 253: /* experiments */
	case 254:
		return 1;
	default:
		return 0;
	}
}

static __always_inline int parse_ipv6(struct shunt_packet *p, __u32 *l4_len)
{
	struct ipv6hdr *ip = p->l3;

	if ((void *)(ip + 1) > p->end || ip->version != 6)
		return SHUNT_PASS_IP;
	if (ip->nexthdr != IPPROTO_UDP)
		return is_extension(ip->nexthdr) ? SHUNT_PASS_IP : SHUNT_PASS_PROTO;
	*l4_len = bpf_ntohs(ip->payload_len);
	if (*l4_len > (__u64)(p->end - (void *)(ip + 1)))
		return SHUNT_PASS_IP;
	p->udp = (void *)(ip + 1);
	p->ipv6 = 1;
	return SHUNT_NR_PASS;
}

/*
 * The usual packet, without tags and IPv4, in few comparisons and without a reason: it saves 3 ns.
 * 0: it is none, or something is wrong with it; parse() looks closer.
 */
static __always_inline int parse_plain(struct shunt_packet *p)
{
	struct ethernet *eth = p->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 total, len;

	if ((void *)(udp + 1) > p->end || (eth->to[0] & 1) || eth->proto != bpf_htons(ETH_P_IP) ||
	    ip->version != 4 || ip->ihl != 5 || (ip->frag_off & bpf_htons(SHUNT_IP_FRAGMENT)) ||
	    ip->protocol != IPPROTO_UDP || !udp->source)
		return 0;
	total = bpf_ntohs(ip->tot_len);
	len = bpf_ntohs(udp->len);
	if (len < sizeof(*udp) || len + sizeof(*ip) > total || total > (__u64)(p->end - (void *)ip))
		return 0;
	p->l3 = ip;
	p->udp = udp;
	p->len = len - sizeof(*udp);
	return 1;
}

static __always_inline int parse_closely(struct xdp_md *ctx, struct shunt_packet *p)
{
	struct ethernet *eth;
	__be16 proto;
	__u32 l4_len = 0, udp_len;
	int why;

	eth = p->data;
	p->l3 = eth + 1;
	if (p->l3 > p->end || (eth->to[0] & 1))
		return SHUNT_PASS_L2;
	proto = eth->proto;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan_tag *tag = p->l3;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(tag + 1) > p->end)
			return SHUNT_PASS_L2;
		proto = tag->proto;
		p->l3 = tag + 1;
	}
	if (proto == bpf_htons(ETH_P_IP))
		why = parse_ipv4(p, &l4_len);
	else if (proto == bpf_htons(ETH_P_IPV6))
		why = parse_ipv6(p, &l4_len);
	else
		return SHUNT_PASS_L2;
	if (why != SHUNT_NR_PASS)
		return why;
	if ((void *)(p->udp + 1) > p->end)
		return SHUNT_PASS_UDP;
	udp_len = bpf_ntohs(p->udp->len);
	if (udp_len < sizeof(*p->udp) || udp_len > l4_len || !p->udp->source)
		return SHUNT_PASS_UDP;
	p->len = udp_len - sizeof(*p->udp);
	return SHUNT_NR_PASS;
}

/*
 * Turns the headers' places into numbers of which the verifier knows the bounds alone. Else it
 * would follow all that comes after once for each way through the parser: seven times. (The card's
 * has no such trouble.)
 */
static __always_inline int merge_ways(struct shunt_packet *p)
{
#ifdef SHUNT_TARGET_NFP
	return 1;
#else
	__u64 l3 = p->l3 - p->data, udp = (void *)p->udp - p->data;

	p->l3 = p->data + shunt_index(l3, 32);
	p->udp = p->data + shunt_index(udp, 64);
	return (void *)(p->udp + 1) <= p->end;
#endif
}

/* SHUNT_NR_PASS: a whole UDP datagram. Else the reason (enum shunt_pass) to leave it alone. */
static __always_inline int parse(struct xdp_md *ctx, struct shunt_packet *p)
{
	int why = SHUNT_NR_PASS;

	p->data = (void *)(long)ctx->data;
	p->end = (void *)(long)ctx->data_end;
	p->ipv6 = 0;
	if (!parse_plain(p))
		why = parse_closely(ctx, p);
	if (why == SHUNT_NR_PASS && !merge_ways(p))
		return SHUNT_PASS_UDP;
	return why;
}
