/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * refuse.h - answers a request that was rejected or dropped, in its own frame, where its port has a
 * refusal (struct shunt_refuse)
 *
 * The source was looked at before (source.h): a reply would go to a client. Nothing here is run for
 * requests that are let in, nor for ports without a refusal.
 *
 * Included behind the maps.
 */
#pragma once

#include "refuse_kinds.h"
#include "sum.h"

/*
 * More replies for a queue: so many, or 0 until time has passed. Where another queue draws at the
 * same moment, one of the two does without. A function that the verifier looks at by itself (a
 * global one), as the next one is.
 */
__noinline int refuse_draw(__u32 number)
{
	struct shunt_refuse *r = bpf_map_lookup_elem(&refuse, &number);
	struct shunt_refuse_drawn *drawn = bpf_map_lookup_elem(&refuse_drawn, &number);
	__u64 now, was, from;

	if (!r || !drawn)
		return 0;
	now = bpf_ktime_get_ns();
	was = *(volatile __u64 *)&drawn->until_ns;
	from = now - shunt_min(r->burst_ns, now);
	if (was > from)
		from = was;
	if (from > now ||
	    !__sync_bool_compare_and_swap(&drawn->until_ns, was, from + r->step_ns))
		return 0;
	return r->batch;
}

/* Both parts of the sum in its upper half, with what carries over: the lower half is as well added
 * to the upper one as the upper to the lower. */
static __always_inline __u16 fold(__u64 sum)
{
	__u32 both;

	sum += sum >> 32 | sum << 32;
	both = sum >> 32;
	both += both >> 16 | both << 16;
	return ~(both >> 16);
}

/* Sums of both addresses, of which each is at the other's place then; 0: no such header. Traffic
 * class and hop limit are as in replies of workers (hostlib/reply.c). */
static __always_inline __u64 turn_ipv4(const struct refused *q, __u32 udp_len)
{
	struct iphdr *ip = q->data + shunt_index(q->at - 8 - sizeof(*ip), 64);
	__u32 *word = (void *)ip, begin, ttl, from, to;
	__u64 sum;

	if ((void *)(ip + 1) > q->end)
		return 0;
	/* Words, and their sum from registers: bytes that were just stored are read slowly. */
	begin = bpf_htonl(0x45000000 | (sizeof(*ip) + udp_len));
	ttl = bpf_htonl(64 << 24 | IPPROTO_UDP << 16);
	from = ip->saddr;
	to = ip->daddr;
	sum = (__u64)from + to;
	word[0] = begin;
	word[2] = ttl | (__u32)fold(sum + begin + word[1] + ttl) << 16;
	*(__u64 *)&ip->saddr = (__u64)from << 32 | to;
	return sum;
}

static __always_inline __u64 turn_ipv6(const struct refused *q, __u32 udp_len)
{
	struct ipv6hdr *ip = q->data + shunt_index(q->at - 8 - sizeof(*ip), 64);
	__u64 *from = (void *)&ip->saddr, *to = (void *)&ip->daddr, a, b;

	if ((void *)(ip + 1) > q->end)
		return 0;
	a = from[0];
	b = from[1];
	from[0] = to[0];
	from[1] = to[1];
	to[0] = a;
	to[1] = b;
	*(__u32 *)ip &= bpf_htonl(0xf00fffff);
	ip->payload_len = bpf_htons(udp_len);
	ip->hop_limit = 64;
	return halves(from[0]) + halves(from[1]) + halves(a) + halves(b);
}

/* "To" and "from" change places, twelve bytes as two words, lowest byte first. */
static __always_inline void turn_ethernet(void *frame)
{
	__u64 *first = frame, begin = *first;
	__u32 *last = frame + 8, end = *last;

	*first = begin >> 48 | (__u64)end << 16 | begin << 48;
	*last = begin >> 16;
}

/* Headers for a payload of len bytes, which is in place. 0: there are no such headers. */
static __always_inline int turn_round(const struct refused *q, __u32 len)
{
	__u64 at = shunt_index(q->at - sizeof(struct udphdr), 64), *udp = q->data + at, was, sum;
	__u32 udp_len = sizeof(struct udphdr) + len, ports, check = 0;

	if ((void *)(udp + 1) > q->end || q->data + sizeof(struct ethernet) > q->end)
		return 0;
	was = *udp;
	ports = was;
	turn_ethernet(q->data);
	sum = q->ipv6 ? turn_ipv6(q, udp_len) : turn_ipv4(q, udp_len);
	if (!sum)
		return 0;
	if (was >> 48 || q->ipv6) {
		sum += (__u64)ports + bpf_htons(IPPROTO_UDP) + 2 * bpf_htons(udp_len) + q->sum;
		if (!q->sum)
			sum = sum_bytes(q->data, q->end, q->at, len, sum);
		if (!sum)
			return 0;
		check = fold(sum);
		check = check ? check : 0xffff;
	}
	*udp = (__u64)(bpf_htons(udp_len) | check << 16) << 32 | (ports << 16 | ports >> 16);
	return 1;
}

/*
 * The frame becomes the reply: XDP_TX. XDP_DROP: there is none. where: the payload's offset and
 * length; highest bit: IPv6.
 */
__noinline int refuse_by_reply(struct xdp_md *ctx, __u32 number, __u32 where)
{
	struct shunt_refuse *r = bpf_map_lookup_elem(&refuse, &number);
	struct refused q = {
		.data = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end,
		.at = where >> 16 & 127, .len = where & 0xffff, .ipv6 = where >> 31,
	};
	__u64 frame = q.end - q.data;
	__u32 len;

	asm volatile("" : "+r"(frame));
	if (!r)
		return XDP_DROP;
	len = refuse_by(&q, r);
	if (!len || !turn_round(&q, len))
		return XDP_DROP;
	if (frame > q.at + len && bpf_xdp_adjust_tail(ctx, (int)(q.at + len) - (int)frame))
		return XDP_DROP;
	return XDP_TX;
}

/* A request that arrived at this port was rejected or dropped: says so if the port's rate leaves
 * this queue a reply, and counts it. */
static __always_inline int say_no(struct xdp_md *ctx, struct shunt_ingress *in,
				  const struct shunt_port *port, __u64 cls, __u32 where)
{
	__u32 number = port->flags >> SHUNT_PORT_REFUSAL, *left;

	if (!number)
		return XDP_DROP;
	left = &in->no_left[shunt_index(number, SHUNT_REFUSALS)];
	if (!*left)
		*left = refuse_draw(number);
	if (*left && refuse_by_reply(ctx, number, where) == XDP_TX) {
		--*left;
		in->said_no[shunt_index(cls, SHUNT_CLASSES)]++;
		return XDP_TX;
	}
	in->unsaid[shunt_index(cls, SHUNT_CLASSES)]++;
	return XDP_DROP;
}
