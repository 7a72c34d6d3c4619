// SPDX-License-Identifier: BSD-2-Clause
/*
 * reply.c - datagrams back to the client: headers turned round in place, checksums, the send ring
 */
#include <errno.h>
#include <netinet/in.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

#define SEND_WAIT_NS 1000000ULL /* shunt_send() waits no longer than this for a frame */

/* Ones' complement sum of bytes in network order, on top of sum. */
static uint64_t add_bytes(uint64_t sum, const void *data, uint32_t len)
{
	const uint8_t *at = data;
	uint32_t word;
	uint16_t half;

	for (; len >= 4; len -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	if (len >= 2) {
		memcpy(&half, at, 2);
		sum += half;
		at += 2;
		len -= 2;
	}
	if (len) {
		half = 0;
		memcpy(&half, at, 1);
		sum += half;
	}
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void swap(void *a, void *b, size_t len)
{
	uint8_t keep[16];

	memcpy(keep, a, len);
	memcpy(a, b, len);
	memcpy(b, keep, len);
}

/* Behind 14 bytes of Ethernet they lie at even addresses, no more. */
typedef struct iphdr ipv4_even __attribute__((aligned(2)));
typedef struct ipv6hdr ipv6_even __attribute__((aligned(2)));

/* Class of service and ECN bits are 0, as from a plain UDP socket: those of the request are the
 * client's, who has no say in how the network treats replies, and tell of the way here. */
static uint64_t turn_ipv4(ipv4_even *ip, uint32_t udp_len)
{
	swap(&ip->saddr, &ip->daddr, 4);
	ip->tos = 0;
	ip->tot_len = htons(sizeof(*ip) + udp_len);
	ip->ttl = 64;
	ip->check = 0;
	ip->check = fold(add_bytes(0, ip, sizeof(*ip)));
	return add_bytes(0, &ip->saddr, 8);
}

static uint64_t turn_ipv6(ipv6_even *ip, uint32_t udp_len)
{
	swap(&ip->saddr, &ip->daddr, 16);
	ip->priority = 0;
	ip->flow_lbl[0] &= 0x0f;
	ip->payload_len = htons(udp_len);
	ip->hop_limit = 64;
	return add_bytes(0, &ip->saddr, 32);
}

/* Turns the headers of the packet round for a payload of len bytes, which is in place. */
static void turn_round(const struct item *it, char *packet, uint32_t len)
{
	struct udphdr *udp = (struct udphdr *)(packet + it->payload - sizeof(*udp));
	uint32_t udp_len = sizeof(*udp) + len;
	uint64_t sum;

	swap(packet, packet + ETH_ALEN, ETH_ALEN);
	if (it->ipv6)
		sum = turn_ipv6((ipv6_even *)((char *)udp - sizeof(struct ipv6hdr)), udp_len);
	else
		sum = turn_ipv4((ipv4_even *)((char *)udp - sizeof(struct iphdr)), udp_len);
	swap(&udp->source, &udp->dest, 2);
	udp->len = htons(udp_len);
	udp->check = 0;
	sum += htons(udp_len) + htons(IPPROTO_UDP);
	udp->check = fold(add_bytes(sum, udp, udp_len));
	if (!udp->check)
		udp->check = 0xffff;
}

/* XDP lets no such request through; should one come all the
 * same, nobody gets an answer to a group. */
static bool is_for_one(const struct item *it, const char *packet)
{
	const uint8_t *from = (const uint8_t *)packet + it->payload - sizeof(struct udphdr) -
			      (it->ipv6 ? 32 : 8);

	return !(packet[ETH_ALEN] & 1) && (it->ipv6 ? *from != 0xff : *from < 224);
}

/* Room in the send ring; kicks to make some. */
bool reply_room(struct core *c)
{
	uint64_t end = 0;

	while (c->tx_prod - ring_cons(&c->tx) > c->tx.mask) {
		if (!end)
			end = clock_ns() + SEND_WAIT_NS;
		else if (clock_ns() >= end)
			return false;
		reply_kick(c);
	}
	return true;
}

static void tx_write(struct core *c, uint64_t addr, uint32_t len)
{
	c->tx.desc[c->tx_prod & c->tx.mask] = (struct xdp_desc){ .addr = addr, .len = len };
	c->tx_prod++;
	c->pending++;
}

/* The frame of our own that frames_get() found, since when nothing was sent; there is room. */
void reply_frame(struct core *c, uint64_t addr, uint32_t len)
{
	struct shunt_move to = { .n = c->nfree - 1, .hole = c->nfree - 1 };

	tx_write(c, addr, len);
	to.tx = c->tx_prod;
	ledger_move(c->list, (struct ledger_rings){ .tx = &c->tx }, &to);
	c->nfree = to.n;
}

/* The reply in the request's own frame. False: not sent, the frame is still ours. */
bool reply_in_place(struct core *c, struct item *it, uint32_t len)
{
	if (len > it->req.room || !is_for_one(it, c->s->memory + it->addr) || !reply_room(c)) {
		bump(c->line->stats.send_fail, 1);
		return false;
	}
	turn_round(it, c->s->memory + it->addr, len);
	tx_write(c, it->addr, it->payload + len);
	ledger_reply(c->run, &c->tx, c->tx_prod);
	return true;
}

/* Has the kernel look at the send ring. False: it left some there. */
static bool kick(struct core *c)
{
	if (!ring_needs_wakeup(&c->tx))
		return true;
	bump(c->line->stats.kicks, 1);
	return sendto(c->sock, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 ||
	       ring_cons(&c->tx) == c->tx_prod;
}

/*
 * Hands what is in the send ring to the kernel, which sends at most 32 a call. In copy mode this
 * runs the receiver's softirq too, so it costs 1 to 2 us: worth saving, never worth waiting for. A
 * driver without copying takes what is there when it comes to it, so nothing is pending from here
 * on; an idle core looks whether the driver has.
 */
void reply_kick(struct core *c)
{
	bool told = kick(c);

	for (int i = 1; !told && i < 4; i++) {
		/* EAGAIN: more than 32, or the completion ring is full. */
		frames_recycle(c);
		told = kick(c);
	}
	c->pending = told ? 0 : c->tx_prod - ring_cons(&c->tx);
}

/* A frame of our own, and room for it in the send ring:
 * completions come with sending, or soon after. */
static int own_frame(struct core *c, uint64_t *frame)
{
	uint64_t end = 0;

	while (c->tx_prod - ring_cons(&c->tx) > c->tx.mask || frames_get(c, frame)) {
		if (!end)
			end = clock_ns() + SEND_WAIT_NS;
		else if (clock_ns() >= end)
			return -ENOBUFS;
		reply_kick(c);
	}
	return 0;
}

/* One more datagram, in a frame of our own. */
int reply_more(struct core *c, struct item *it, const void *data, size_t len)
{
	uint64_t frame, addr;
	char *packet;
	int err;

	if (!it->sane || len > it->req.room)
		return -EMSGSIZE;
	if (!is_for_one(it, c->s->memory + it->addr))
		return -EADDRNOTAVAIL;
	err = own_frame(c, &frame);
	if (err) {
		bump(c->line->stats.send_fail, 1);
		return err;
	}
	addr = frame + (it->addr & (c->s->geo.chunk - 1));
	packet = c->s->memory + addr;
	memcpy(packet, c->s->memory + it->addr, it->payload);
	memcpy(packet + it->payload, data, len);
	turn_round(it, packet, len);
	reply_frame(c, addr, it->payload + len);
	return 0;
}
