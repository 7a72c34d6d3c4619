// SPDX-License-Identifier: BSD-2-Clause
/*
 * xdp.c - AF_XDP, a receive queue a thread, each request
 * run to completion where it arrived (IX's shape)
 *
 * IPv4; all else goes to the kernel's stack. Replies are built in the request's frame, further
 * datagrams in frames that are free. --kick says how many replies leave by one system call: 1, each
 * when it is done, or more, at the latest when no request waits or requests are long.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/xsk.h>

#include "../gap.h"
#include "baseline.h"
#include "clock.h"

#define FRAMES 4096
#define FRAME 2048
#define FILL 2048 /* of them wait for packets */
#define BATCH 16

struct packet {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	char data[];
} __attribute__((packed));

struct queue {
	struct xsk_umem *umem;
	struct xsk_socket *sock;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons comp, rx;
	char *mem;
	uint64_t free[FRAMES], current;
	uint32_t frees, unsent, kick;
};

static struct queue queues[THREADS_MAX];

static void kick(struct queue *q)
{
	uint32_t at, n;

	if (q->unsent)
		sendto(xsk_socket__fd(q->sock), NULL, 0, MSG_DONTWAIT, NULL, 0);
	n = xsk_ring_cons__peek(&q->comp, FRAMES, &at);
	for (uint32_t i = 0; i < n; i++)
		q->free[q->frees++] = *xsk_ring_cons__comp_addr(&q->comp, at + i) &
				      ~(uint64_t)(FRAME - 1);
	xsk_ring_cons__release(&q->comp, n);
	q->unsent -= n < q->unsent ? n : q->unsent;
}

static void refill(struct queue *q)
{
	uint32_t at, n = xsk_prod_nb_free(&q->fill, FILL);

	if (n > q->frees)
		n = q->frees;
	if (!n || xsk_ring_prod__reserve(&q->fill, n, &at) != n)
		return;
	for (uint32_t i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&q->fill, at + i) = q->free[--q->frees];
	xsk_ring_prod__submit(&q->fill, n);
}

static uint16_t ip_sum(const void *ip)
{
	const uint16_t *w = ip; /* even: behind 14 bytes of Ethernet */
	uint32_t sum = 0;

	for (int i = 0; i < 10; i++)
		sum += w[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Turns round a packet whose payload is now the reply's; addr is its offset in the memory. */
static void send_packet(struct queue *q, uint64_t addr, size_t len)
{
	struct packet *p = (void *)(q->mem + addr);
	uint8_t mac[ETH_ALEN];
	uint32_t ip, at;
	uint16_t port;

	memcpy(mac, p->eth.h_dest, ETH_ALEN);
	memcpy(p->eth.h_dest, p->eth.h_source, ETH_ALEN);
	memcpy(p->eth.h_source, mac, ETH_ALEN);
	ip = p->ip.saddr;
	p->ip.saddr = p->ip.daddr;
	p->ip.daddr = ip;
	port = p->udp.source;
	p->udp.source = p->udp.dest;
	p->udp.dest = port;
	p->udp.len = htons(sizeof(p->udp) + len);
	p->udp.check = 0; /* none: IPv4 allows it */
	p->ip.tot_len = htons(sizeof(p->ip) + sizeof(p->udp) + len);
	p->ip.ttl = 64;
	p->ip.check = 0;
	p->ip.check = ip_sum(&p->ip);
	if (xsk_ring_prod__reserve(&q->tx, 1, &at) != 1) { /* more entries than frames: can't be */
		q->free[q->frees++] = addr & ~(uint64_t)(FRAME - 1);
		return;
	}
	*xsk_ring_prod__tx_desc(&q->tx, at) = (struct xdp_desc){ .addr = addr,
								 .len = sizeof(*p) + len };
	xsk_ring_prod__submit(&q->tx, 1);
	if (++q->unsent >= KICK_MOST)
		kick(q);
}

static void emit(void *ctx, const void *datagram, size_t len)
{
	struct queue *q = ctx;
	uint64_t addr;

	if (!q->frees)
		kick(q);
	if (!q->frees)
		return; /* lost, as it would be on the wire */
	addr = q->free[--q->frees];
	memcpy(q->mem + addr, q->mem + q->current, sizeof(struct packet));
	memcpy(q->mem + addr + sizeof(struct packet), datagram, len);
	send_packet(q, addr, len);
}

static void serve(struct queue *q, const struct xdp_desc *d)
{
	struct packet *p = (void *)(q->mem + d->addr);
	size_t room = FRAME - (d->addr & (FRAME - 1)) - sizeof(*p), len = ntohs(p->udp.len);

	q->current = d->addr;
	len = len >= sizeof(p->udp) && len + sizeof(p->eth) + sizeof(p->ip) <= d->len ?
	      app_handle(&app, p->data, len - sizeof(p->udp), p->data, room, 0, emit, q) : 0;
	if (len)
		send_packet(q, d->addr, len);
	else
		q->free[q->frees++] = d->addr & ~(uint64_t)(FRAME - 1);
}

/* Replies leave several at a time, if several are wanted and none waits for a long request. */
static void serve_all(struct queue *q, const struct xdp_desc *d, uint32_t n)
{
	uint64_t began = q->kick > 1 ? clock_ns() : 0, now = 0;

	for (uint32_t i = 0; i < n; i++) {
		serve(q, &d[i]);
		if (q->kick > 1)
			now = clock_ns();
		if (q->unsent >= q->kick || now - began > LONG_NS) {
			kick(q);
			now = q->kick > 1 ? clock_ns() : 0;
		}
		began = now;
	}
}

static void serve_queue(const struct options *o, int nr)
{
	struct queue *q = &queues[nr];
	struct pollfd wait = { xsk_socket__fd(q->sock), POLLIN, 0 };

	while (!stop) {
		struct xdp_desc d[BATCH];
		uint32_t at, n = xsk_ring_cons__peek(&q->rx, BATCH, &at);

		for (uint32_t i = 0; i < n; i++)
			d[i] = *xsk_ring_cons__rx_desc(&q->rx, at + i);
		xsk_ring_cons__release(&q->rx, n);
		serve_all(q, d, n);
		if (n || q->unsent)
			kick(q);
		refill(q);
		if (n)
			continue;
		gap_idle();
		if (!o->spin) {
			poll(&wait, 1, 100);
			gap_slept();
		}
	}
}

/* The queue is free a little after the process that had it has ended. */
static int open_socket(const struct options *o, int nr, const struct xsk_socket_config *sc)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct queue *q = &queues[nr];
	int err = -EBUSY;

	for (int i = 0; i < 100 && err == -EBUSY && !stop; i++) {
		if (i)
			nanosleep(&pause, NULL);
		err = xsk_socket__create(&q->sock, o->dev, nr, q->umem, &q->rx, &q->tx, sc);
	}
	return err;
}

static int open_queue(const struct options *o, int nr, int xsks)
{
	const struct xsk_umem_config uc = { .fill_size = FILL, .comp_size = FRAMES,
					    .frame_size = FRAME };
	const struct xsk_socket_config sc = { .rx_size = FILL, .tx_size = FRAMES,
					      .bind_flags = XDP_USE_NEED_WAKEUP,
					      .libbpf_flags = XSK_LIBBPF_FLAGS__INHIBIT_PROG_LOAD };
	struct queue *q = &queues[nr];
	uint32_t key = nr;
	int fd, err;

	q->kick = o->kick ? o->kick : 1;
	q->mem = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (q->mem == MAP_FAILED)
		return -ENOMEM;
	err = xsk_umem__create(&q->umem, q->mem, FRAMES * FRAME, &q->fill, &q->comp, &uc);
	if (!err)
		err = open_socket(o, nr, &sc);
	if (err)
		return err;
	for (; q->frees < FRAMES; q->frees++)
		q->free[q->frees] = q->frees * (uint64_t)FRAME;
	refill(q);
	fd = xsk_socket__fd(q->sock);
	return bpf_map_update_elem(xsks, &key, &fd, BPF_ANY) ? -errno : 0;
}

static void close_queue(struct queue *q)
{
	if (q->sock)
		xsk_socket__delete(q->sock);
	if (q->umem)
		xsk_umem__delete(q->umem);
}

int run_xdp(const struct options *o)
{
	struct bpf_object *obj;
	struct bpf_link *link = NULL;
	int status = 1, err = 0;

	if (!o->dev || !if_nametoindex(o->dev)) {
		fprintf(stderr, PROGRAM ": xdp: --dev must name an interface\n");
		return 2;
	}
	obj = load_bpf(o, "to_queue");
	if (!obj)
		return complain("cannot load the XDP program");
	for (int i = 0; i < o->cpus && !err; i++)
		err = open_queue(o, i, bpf_object__find_map_fd_by_name(obj, "xsks"));
	if (!err)
		link = bpf_program__attach_xdp(bpf_object__find_program_by_name(obj, "to_queue"),
					       if_nametoindex(o->dev));
	if (link)
		status = threads_run(o, 0, serve_queue);
	else if (err)
		fprintf(stderr, PROGRAM ": a queue for each CPU on '%s': %s\n", o->dev,
			strerror(-err));
	else
		complain("cannot attach to the interface");
	bpf_link__destroy(link);
	for (int i = 0; i < o->cpus; i++)
		close_queue(&queues[i]);
	bpf_object__close(obj);
	return status;
}
