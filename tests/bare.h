/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bare.h - a worker's side of the conversation with shuntd, from
 * the bare messages; shares nothing with libshunt but the layout
 */
#pragma once

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "ring.h"

#define FDS_MAX (SHUNT_FD_SOCKETS + SHUNT_SLOTS)
#define ANSWER_MS 10000

struct given {
	struct shunt_msg_welcome w;
	int fd[FDS_MAX];
	int nfd;
};

static inline void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* A connection, or -errno. shuntd may be busy with those before us. */
static inline int dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die("connect");
	return fd;
}

static inline int answer(int fd, void *buf, size_t len, int *fds, int *nfd)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct cmsghdr *c;
	int n;

	if (poll(&p, 1, ANSWER_MS) != 1)
		return -ETIMEDOUT;
	n = recvmsg(fd, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == ECONNRESET) /* closed before it read all that we
					   * said: the answer may lie there */
		n = recvmsg(fd, &hdr, MSG_CMSG_CLOEXEC);
	*nfd = 0;
	c = n > 0 ? CMSG_FIRSTHDR(&hdr) : NULL;
	if (c) {
		*nfd = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), *nfd * sizeof(int));
	}
	return n < 0 ? -errno : n;
}

static inline void put(int fd, void *msg, size_t len, int type)
{
	*(struct shunt_msg *)msg = (struct shunt_msg){ SHUNT_MSG_MAGIC, SHUNT_ABI, type };
	send(fd, msg, len, MSG_NOSIGNAL);
}

/* HELLO and the answer to it; the connection, which the policy comes through next. */
static inline int attach(const char *path, uint32_t domain, struct given *g)
{
	struct shunt_msg_hello hello = { .domain = domain, .name = "peer" };
	struct shunt_msg_refused *no = (struct shunt_msg_refused *)&g->w;
	int fd = dial(path), n;

	put(fd, &hello, sizeof(hello), SHUNT_MSG_HELLO);
	n = answer(fd, &g->w, sizeof(g->w), g->fd, &g->nfd);
	/* who moves no seat needs nothing of it */
	while (n == sizeof(struct shunt_msg_seats) && g->w.msg.type == SHUNT_MSG_SEATS)
		n = answer(fd, &g->w, sizeof(g->w), g->fd, &g->nfd);
	if (n == sizeof(g->w) && g->w.msg.type == SHUNT_MSG_WELCOME)
		return fd;
	if (n == sizeof(*no) && no->msg.type == SHUNT_MSG_REFUSED)
		fprintf(stderr, "refused: %s\n", no->text);
	else
		fprintf(stderr, "no welcome: %d\n", n);
	exit(EXIT_FAILURE);
}

static inline void *map(int fd, size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	return at;
}

static inline void map_ring(struct shunt_ring *r, int fd, enum shunt_ring_kind kind, __u32 size)
{
	int err = shunt_ring_map(r, fd, kind, size);

	if (err) {
		errno = -err;
		die("ring");
	}
}

static inline uint32_t nsockets(const struct shunt_geometry *geo)
{
	return geo->ncores + (geo->hold_ring ? geo->nclasses : 0);
}
