// SPDX-License-Identifier: BSD-2-Clause
/*
 * packet.c - builds frames byte by byte, from the RFCs'
 * pictures: no header struct is shared with XDP
 */
#include <string.h>

#include "packet.h"

static void put8(struct packet *p, __u8 x)
{
	p->data[p->len++] = x;
}

static void put16(struct packet *p, __u16 x)
{
	put8(p, x >> 8);
	put8(p, x);
}

static void put_bytes(struct packet *p, const void *data, __u32 len)
{
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static void put_ethernet(const struct packet_spec *s, struct packet *p)
{
	put_bytes(p, s->multicast ? "\x01\x00\x5e\x12\x00\x02" : "\x02\x00\xc6\x12\x00\x02", 6);
	put_bytes(p, s->group ? "\x03\x00\xc6\x12\x00\x01" : "\x02\x00\xc6\x12\x00\x01", 6);
	for (int i = 0; i < s->tags; i++) {
		put16(p, s->tpid[i] ? s->tpid[i] : 0x8100);
		put16(p, 100 + i);
	}
	put16(p, s->ethertype ? s->ethertype : s->v6 ? 0x86dd : 0x0800);
	p->l3 = p->len;
}

static void put_ipv4(const struct packet_spec *s, struct packet *p, __u32 l4_len)
{
	put8(p, (s->ip_version ? s->ip_version : 4) << 4 | (5 + s->options));
	put8(p, 0);
	put16(p, 20 + 4 * s->options + l4_len + s->ip_len_add);
	put16(p, 0x1234);
	put16(p, s->frag);
	put8(p, 64);
	put8(p, s->proto ? s->proto : 17);
	put16(p, 0); /* header checksum: nobody here looks at it */
	put_bytes(p, s->from ? s->from : "\xc6\x12\x00\x01", 4);
	put_bytes(p, "\xc6\x12\x00\x02", 4);
	for (int i = 0; i < 4 * s->options; i++)
		put8(p, 1); /* no operation */
}

static void put_ipv6(const struct packet_spec *s, struct packet *p, __u32 l4_len)
{
	put8(p, (s->ip_version ? s->ip_version : 6) << 4);
	put8(p, 0);
	put16(p, 0);
	put16(p, (s->ext ? 8 : 0) + l4_len + s->ip_len_add);
	put8(p, s->ext ? s->ext - 1 : s->proto ? s->proto : 17);
	put8(p, 64);
	put_bytes(p, s->from ? s->from : "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\1", 16);
	put_bytes(p, "\xfd\x00\x01\x98\x00\x18\0\0\0\0\0\0\0\0\0\2", 16);
	if (s->ext) {
		put8(p, s->proto ? s->proto : 17);
		put8(p, 0);
		put_bytes(p, "\1\4\0\0\0\0", 6); /* padding option */
	}
}

/* RFC 1071, an octet pair after the other. */
static __u32 add_pairs(__u32 sum, const __u8 *at, __u32 len)
{
	for (__u32 i = 0; i < len; i++)
		sum += i % 2 ? at[i] : at[i] * 256;
	return sum;
}

static void put_sum(__u8 *at, __u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum ^= 0xffff;
	at[0] = sum >> 8;
	at[1] = sum;
}

static void put_sums(const struct packet_spec *s, struct packet *p, __u32 udp_len)
{
	__u8 *ip = p->data + p->l3, *udp = p->data + p->l4;
	__u32 sum = udp_len + 17;

	if (!s->v6)
		put_sum(ip + 10, add_pairs(0, ip, 20));
	sum = s->v6 ? add_pairs(sum, ip + 8, 32) : add_pairs(sum, ip + 12, 8);
	put_sum(udp + 6, add_pairs(sum, udp, udp_len));
	if (!udp[6] && !udp[7])
		udp[6] = udp[7] = 0xff;
}

void packet_build(const struct packet_spec *s, struct packet *p)
{
	__u32 udp_len = 8 + s->payload_len;
	__u32 given = s->payload ? strlen(s->payload) : 0;

	p->len = 0;
	put_ethernet(s, p);
	if (s->v6)
		put_ipv6(s, p, udp_len);
	else
		put_ipv4(s, p, udp_len);
	p->l4 = p->len;
	put16(p, s->no_sport ? 0 : s->sport ? s->sport : PACKET_SPORT);
	put16(p, s->dport ? s->dport : PACKET_PORT);
	put16(p, udp_len + s->udp_len_add);
	put16(p, 0);
	p->payload = p->len;
	for (__u32 i = 0; i < s->payload_len; i++)
		put8(p, i < given ? (__u8)s->payload[i] : i);
	p->end = p->len;
	if (s->sums)
		put_sums(s, p, udp_len);
	for (__u32 i = 0; i < s->pad; i++)
		put8(p, 0xee);
}
