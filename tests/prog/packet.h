/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h - builds frames by a description: what is not said is an ordinary UDP datagram over IPv4
 */
#pragma once

#include <linux/types.h>

#define PACKET_MAX 1600
#define PACKET_PORT 9000  /* destination, unless said otherwise */
#define PACKET_SPORT 40000

struct packet_spec {
	const char *name;
	__u8 tags;          /* VLAN tags, outermost first */
	__u16 tpid[3];      /* of each; 0: 802.1Q */
	__u16 ethertype;    /* 0: that of the IP version */
	__u8 multicast;     /* destination MAC */
	__u8 group;         /* source MAC is a group's */
	const char *from;   /* source address: 4 or 16 bytes; NULL: the client's */
	__u8 v6;
	__u8 ip_version;    /* 0: as v6 says; for a header that lies */
	__u8 options;       /* IPv4: 32-bit words of them */
	__u16 frag;         /* IPv4: flags and offset */
	__u8 proto;         /* 0: UDP */
	__u16 ext;          /* IPv6: one extension header of type ext - 1 */
	__s16 ip_len_add;   /* to the length in the IP header */
	__s16 udp_len_add;  /* to the length in the UDP header */
	__u16 sport, dport; /* 0: PACKET_SPORT, PACKET_PORT */
	__u8 no_sport;      /* source port 0 */
	__u16 payload_len;
	const char *payload; /* its first bytes; the rest count up */
	__u16 pad;          /* bytes behind the IP packet */
	__u8 sums;          /* right checksums; else they are 0 */
};

struct packet {
	__u8 data[PACKET_MAX];
	__u32 len;
	__u32 l3;           /* offset of the IP header: all tags are in front */
	__u32 l4;           /* of what follows the fixed IP header and the options */
	__u32 payload;
	__u32 end;          /* of the IP packet */
};

void packet_build(const struct packet_spec *s, struct packet *p);
