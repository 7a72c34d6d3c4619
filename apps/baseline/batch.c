// SPDX-License-Identifier: BSD-2-Clause
/*
 * batch.c - one UDP socket for all threads, from which requests come, and to which replies go,
 * several by one system call
 *
 * As xdp.c has it with --kick: replies leave when so many are there, at the latest when the
 * requests that were received with theirs are served, or one took long.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../gap.h"
#include "baseline.h"
#include "clock.h"

#define ROOM 2048 /* of a datagram */

struct datagram {
	struct sockaddr_storage at;
	struct iovec iov;
	char data[ROOM];
};

struct batch {
	int fd;
	unsigned int most, unsent;
	struct datagram request[KICK_MOST];
	struct datagram more[KICK_MOST]; /* replies' datagrams before the last; by place in out */
	struct mmsghdr in[KICK_MOST], out[KICK_MOST];
};

struct current {
	struct batch *b;
	const struct msghdr *request;
};

static void send_all(struct batch *b)
{
	unsigned int at = 0;
	int n;

	for (; at < b->unsent; at += n > 0 ? n : 1) /* one that cannot be sent is lost */
		n = sendmmsg(b->fd, b->out + at, b->unsent - at, MSG_DONTWAIT);
	if (b->unsent)
		gap_sent(b->unsent);
	b->unsent = 0;
}

static void add(struct batch *b, const struct msghdr *request, struct iovec *iov, size_t len)
{
	iov->iov_len = len;
	b->out[b->unsent++].msg_hdr = (struct msghdr){ .msg_name = request->msg_name,
						       .msg_namelen = request->msg_namelen,
						       .msg_iov = iov, .msg_iovlen = 1 };
	if (b->unsent == b->most)
		send_all(b);
}

static void emit(void *ctx, const void *data, size_t len)
{
	struct current *c = ctx;
	struct datagram *d = &c->b->more[c->b->unsent];

	if (len > ROOM)
		return;
	memcpy(d->data, data, len);
	add(c->b, c->request, &d->iov, len);
}

static void serve(struct batch *b, int i)
{
	struct datagram *d = &b->request[i];
	struct current c = { b, &b->in[i].msg_hdr };
	size_t len;

	if (c.request->msg_flags & MSG_TRUNC) /* longer than any that is served */
		return;
	len = app_handle(&app, d->data, b->in[i].msg_len, d->data, ROOM, 0, emit, &c);
	if (len)
		add(b, c.request, &d->iov, len);
}

static void serve_all(struct batch *b, int n)
{
	uint64_t began = clock_ns(), now;

	for (int i = 0; i < n; i++, began = now) {
		serve(b, i);
		now = clock_ns();
		if (b->unsent && now - began > LONG_NS) {
			send_all(b);
			now = clock_ns();
		}
	}
	send_all(b);
}

static int receive(struct batch *b, bool wait)
{
	int n;

	for (unsigned int i = 0; i < b->most; i++) {
		b->request[i].iov.iov_len = ROOM;
		b->in[i].msg_hdr.msg_namelen = sizeof(b->request[i].at);
	}
	n = recvmmsg(b->fd, b->in, b->most, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
	if (wait)
		gap_slept();
	else if (n <= 0)
		gap_idle();
	else
		gap_received(n);
	return n;
}

void serve_batches(const struct options *o, int fd)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b) {
		complain("cannot serve batches");
		stop = 1;
		return;
	}
	b->fd = fd;
	b->most = o->batch;
	for (unsigned int i = 0; i < b->most; i++) {
		struct datagram *d = &b->request[i];

		b->more[i].iov.iov_base = b->more[i].data;
		d->iov.iov_base = d->data;
		b->in[i].msg_hdr = (struct msghdr){ .msg_name = &d->at, .msg_iov = &d->iov,
						    .msg_iovlen = 1 };
	}
	while (!stop)
		serve_all(b, receive(b, !o->spin));
	free(b);
}
