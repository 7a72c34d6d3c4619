// SPDX-License-Identifier: BSD-2-Clause
/*
 * socket.c - an agent joins: one message with two descriptors, and then an end of each side that
 * the other one sees close
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "inside.h"

static int address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(a->sun_path))
		return -ENAMETOOLONG;
	strcpy(a->sun_path, path);
	return 0;
}

static int new_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

/* A path that nobody listens at any more is taken. */
static int bind_anew(int fd, const struct sockaddr_un *a)
{
	int probe;

	if (!bind(fd, (const void *)a, sizeof(*a)))
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	probe = new_socket(SOCK_NONBLOCK);
	if (probe < 0)
		return probe;
	if (!connect(probe, (const void *)a, sizeof(*a)) || errno != ECONNREFUSED) {
		close(probe);
		return -EADDRINUSE;
	}
	close(probe);
	if (unlink(a->sun_path) || bind(fd, (const void *)a, sizeof(*a)))
		return -errno;
	return 0;
}

/* Until listen() nobody can connect, whatever the mode is. */
int shunt_off_listen(struct shunt_off *o, const char *path)
{
	struct sockaddr_un a;
	int fd, err = address(&a, path);

	if (err || o->listener >= 0)
		return err ? err : -EALREADY;
	fd = new_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return fd;
	err = bind_anew(fd, &a);
	if (!err) {
		o->path = strdup(path);
		if (!o->path || chmod(path, 0600) || listen(fd, 8))
			err = -errno;
	}
	if (err) {
		close(fd);
		return err;
	}
	o->listener = fd;
	return fd;
}

static bool is_trusted(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) &&
	       (!who.uid || who.uid == geteuid());
}

static int send_hello(int to, __u32 epoch, const int fd[2])
{
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct off_hello hello = { SHUNT_OFF, epoch };
	struct iovec part = { &hello, sizeof(hello) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fd, 2 * sizeof(int));
	return sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int shunt_off_accept(struct shunt_off *o)
{
	int fd[2], err, peer = accept4(o->listener, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0)
		return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ? 0 : -errno;
	err = is_trusted(peer) ? shunt_off_replace(o, fd) : -EPERM;
	if (!err)
		err = send_hello(peer, o->ctl->epoch, fd);
	if (err) {
		close(peer);
		return err;
	}
	if (o->peer >= 0)
		close(o->peer); /* the agent before sees it */
	o->peer = peer;
	return 1;
}

/* The two descriptors of a hello, or -errno. */
static int take_hello(int from, int fd[2])
{
	union {
		char room[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct off_hello hello = { 0 };
	struct iovec part = { &hello, sizeof(hello) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	ssize_t n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len < CMSG_LEN(sizeof(int)))
		return n ? -EPROTO : -ECONNRESET;
	if (c->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
		memcpy(fd, CMSG_DATA(c), sizeof(int));
		close(fd[0]);
		return -EPROTO;
	}
	memcpy(fd, CMSG_DATA(c), 2 * sizeof(int));
	if (n == sizeof(hello) && hello.abi == SHUNT_OFF)
		return 0;
	close(fd[0]);
	close(fd[1]);
	return -EPROTO;
}

struct shunt_off_view *shunt_off_join(const char *path)
{
	struct shunt_off_view *v = NULL;
	struct sockaddr_un a;
	int err = address(&a, path), fd[2], s;

	s = err ? err : new_socket(0);
	if (s < 0) {
		errno = -s;
		return NULL;
	}
	err = connect(s, (const void *)&a, sizeof(a)) ? -errno : take_hello(s, fd);
	if (!err) {
		v = off_view_make(fd, s);
		err = v ? 0 : -errno;
		close(fd[0]);
		close(fd[1]);
	}
	if (err) {
		close(s);
		errno = -err;
	}
	return v;
}
