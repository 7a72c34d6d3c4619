// SPDX-License-Identifier: BSD-2-Clause
/*
 * xsk.c - sending through AF_XDP: many requests for one
 * system call, for rates that send() does not reach
 *
 * Only sending: replies come to the flows' sockets, whose ports these requests have, with the
 * kernel's time of receipt. IPv4, a server on the same link.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xdp/xsk.h>

#include "load.h"

#define FRAMES 4096
#define FRAME 2048
#define BUSY_TRIES 400 /* of 5 ms */
#define KICK 32 /* what the kernel sends for one system call, in copy mode */

struct header {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

struct xsk {
	struct xsk_umem *umem;
	struct xsk_socket *sock;
	struct xsk_ring_prod tx, fill;
	struct xsk_ring_cons comp;
	struct header head; /* of every packet */
	uint8_t *mem;
	uint64_t free[FRAMES], frame;
	uint32_t frees, unkicked, in_flight;
};

static uint32_t sum16(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *b = data;

	for (; len > 1; len -= 2, b += 2)
		sum += b[0] << 8 | b[1];
	return len ? sum + (b[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* The server's MAC, as /proc/net/arp has it. */
static int find_mac(const char *dev, struct in_addr to, uint8_t *mac)
{
	FILE *f = fopen("/proc/net/arp", "r");
	char line[256], ip[64], hw[32], on[IFNAMSIZ];
	unsigned int flags, b[6];
	int err = -ENOENT;

	if (!f)
		return -errno;
	while (err && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s 0x%*x 0x%x %31s %*s %15s", ip, &flags, hw, on) != 4 ||
		    inet_addr(ip) != to.s_addr || strcmp(on, dev) || !(flags & 2))
			continue;
		if (sscanf(hw, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
			continue;
		for (int i = 0; i < 6; i++)
			mac[i] = b[i];
		err = 0;
	}
	fclose(f);
	return err;
}

static int make_header(struct load *l, struct xsk *x, struct why *why)
{
	const struct sockaddr_in *to = (const struct sockaddr_in *)&l->to;
	struct ifreq ifr = { 0 };
	struct sockaddr_in me;
	socklen_t len = sizeof(me);

	if (l->to.ss_family != AF_INET)
		return why_fail(why, -EAFNOSUPPORT, "AF_XDP sends over IPv4 only");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", l->o.dev);
	if (ioctl(l->flow[0].sock, SIOCGIFHWADDR, &ifr))
		return why_fail(why, -errno, "interface '%s': %s", l->o.dev, strerror(errno));
	memcpy(x->head.eth.h_source, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	if (find_mac(l->o.dev, to->sin_addr, x->head.eth.h_dest))
		return why_fail(why, -EHOSTUNREACH,
				"the MAC of the server is not known on '%s': ping it first",
				l->o.dev);
	getsockname(l->flow[0].sock, (struct sockaddr *)&me, &len);
	x->head.eth.h_proto = htons(ETH_P_IP);
	x->head.ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
				     .frag_off = htons(0x4000), .saddr = me.sin_addr.s_addr,
				     .daddr = to->sin_addr.s_addr };
	x->head.udp.dest = to->sin_port;
	return 0;
}

/* The queue is free a little after the client before this one has ended. */
static int open_socket(struct load *l, struct xsk *x)
{
	const struct xsk_socket_config sc = { .tx_size = FRAMES, .bind_flags = XDP_USE_NEED_WAKEUP,
					      .libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD };
	const struct timespec pause = { .tv_nsec = 5000000 };
	int err = -EBUSY;

	for (int i = 0; i < BUSY_TRIES && err == -EBUSY && !load_stop; i++) {
		if (i)
			nanosleep(&pause, NULL);
		err = xsk_socket__create(&x->sock, l->o.dev, 0, x->umem, NULL, &x->tx, &sc);
	}
	return err;
}

int xsk_open(struct load *l, struct why *why)
{
	const struct xsk_umem_config uc = { .fill_size = 64, .comp_size = FRAMES,
					    .frame_size = FRAME };
	struct xsk *x = l->xsk = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return why_fail(why, -ENOMEM, "no memory");
	err = make_header(l, x, why);
	if (err)
		return err;
	x->mem = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (x->mem == MAP_FAILED) {
		x->mem = NULL;
		return why_fail(why, -ENOMEM, "no memory for frames");
	}
	err = xsk_umem__create(&x->umem, x->mem, FRAMES * FRAME, &x->fill, &x->comp, &uc);
	if (!err)
		err = open_socket(l, x);
	if (err)
		why_fail(why, err, "AF_XDP socket on '%s', queue 0: %s", l->o.dev, strerror(-err));
	for (x->frees = 0; x->frees < FRAMES; x->frees++)
		x->free[x->frees] = x->frees * (uint64_t)FRAME;
	return err;
}

static void reclaim(struct xsk *x)
{
	uint32_t at, n = xsk_ring_cons__peek(&x->comp, FRAMES, &at);

	for (uint32_t i = 0; i < n; i++)
		x->free[x->frees++] = *xsk_ring_cons__comp_addr(&x->comp, at + i);
	xsk_ring_cons__release(&x->comp, n);
	x->in_flight -= n;
}

void xsk_kick(struct load *l)
{
	struct xsk *x = l->xsk;

	reclaim(x);
	if (!x->in_flight)
		return;
	if (sendto(xsk_socket__fd(x->sock), NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0 ||
	    errno == EAGAIN || errno == EBUSY || errno == ENOBUFS)
		x->unkicked = 0;
	reclaim(x);
}

void *xsk_frame(struct load *l, int flow, size_t len)
{
	struct xsk *x = l->xsk;

	if (!x->frees)
		xsk_kick(l);
	if (!x->frees || len > FRAME - sizeof(struct header))
		return NULL;
	x->frame = x->free[--x->frees];
	return x->mem + x->frame + sizeof(struct header);
}

void xsk_queue(struct load *l, int flow, size_t len)
{
	struct xsk *x = l->xsk;
	struct header *h = (void *)(x->mem + x->frame);
	struct { uint32_t from, to; uint16_t proto, len; } pseudo;
	uint32_t at;

	*h = x->head;
	h->udp.source = l->flow[flow].port;
	h->udp.len = htons(sizeof(h->udp) + len);
	h->ip.tot_len = htons(sizeof(h->ip) + sizeof(h->udp) + len);
	h->ip.check = fold(sum16(&h->ip, sizeof(h->ip), 0));
	pseudo.from = h->ip.saddr;
	pseudo.to = h->ip.daddr;
	pseudo.proto = htons(IPPROTO_UDP);
	pseudo.len = h->udp.len;
	h->udp.check =
		fold(sum16(&h->udp, sizeof(h->udp) + len, sum16(&pseudo, sizeof(pseudo), 0)));
	if (!h->udp.check)
		h->udp.check = 0xffff;
	if (xsk_ring_prod__reserve(&x->tx, 1, &at) != 1) { /* as many entries as frames: can't be */
		x->free[x->frees++] = x->frame;
		l->n.unsent++;
		return;
	}
	*xsk_ring_prod__tx_desc(&x->tx, at) = (struct xdp_desc){ .addr = x->frame,
								 .len = sizeof(*h) + len };
	xsk_ring_prod__submit(&x->tx, 1);
	x->in_flight++;
	if (++x->unkicked >= KICK)
		xsk_kick(l);
}

void xsk_close(struct load *l)
{
	struct xsk *x = l->xsk;

	if (!x)
		return;
	if (x->sock)
		xsk_socket__delete(x->sock);
	if (x->umem)
		xsk_umem__delete(x->umem);
	if (x->mem)
		munmap(x->mem, FRAMES * FRAME);
	free(x);
}
