// SPDX-License-Identifier: BSD-2-Clause
/*
 * message.c - messages to and from the agent, with their descriptors
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"
#include "message.h"

#define ANSWER_MS 5000

void message_close(int *fd, int n)
{
	for (int i = 0; i < n; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
}

int message_receive(struct shunt *s, union any_msg *m, int *fd, int *nfd)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n;

	*nfd = 0;
	memset(m, 0, sizeof(*m));
	n = recvmsg(s->link, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == ECONNRESET) /* closed before it read all that
					   * we said: an answer may lie there */
		n = recvmsg(s->link, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return set_error(s, -errno, "cannot hear shuntd at '%s': %s", s->socket,
				 strerror(errno));
	if (!n)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&hdr); c; c = CMSG_NXTHDR(&hdr, c)) {
		int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fd + *nfd, CMSG_DATA(c), count * sizeof(int));
		*nfd += count;
	}
	if (n < (ssize_t)sizeof(m->msg) || m->msg.magic != SHUNT_MSG_MAGIC ||
	    m->msg.abi != SHUNT_ABI) {
		message_close(fd, *nfd);
		*nfd = 0;
		return set_error(s, -EPROTO,
				 "shuntd speaks ABI %u, this library %u: use one version",
				 m->msg.abi, SHUNT_ABI);
	}
	return n;
}

int message_wait(struct shunt *s, union any_msg *m, int *fd, int *nfd)
{
	struct pollfd p = { .fd = s->link, .events = POLLIN };
	int n = poll(&p, 1, ANSWER_MS);

	if (n < 0)
		return set_error(s, -errno, "cannot wait for shuntd: %s", strerror(errno));
	if (!n)
		return set_error(s, -ETIMEDOUT, "shuntd at '%s' does not answer", s->socket);
	n = message_receive(s, m, fd, nfd);
	return n ? n : set_error(s, -ECONNRESET, "shuntd at '%s' hung up", s->socket);
}

int message_send(struct shunt *s, void *msg, size_t len, enum shunt_msg_type type)
{
	struct shunt_msg *m = msg;

	if (s->link < 0)
		return -ENOTCONN;
	*m = (struct shunt_msg){ .magic = SHUNT_MSG_MAGIC, .abi = SHUNT_ABI, .type = type };
	return send(s->link, msg, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -errno;
}

int message_core(struct shunt *s, enum shunt_msg_type type, unsigned int core, uint32_t tid)
{
	struct shunt_msg_core m = { .core = core, .tid = tid };

	return message_send(s, &m, sizeof(m), type);
}

int message_hello(struct shunt *s)
{
	struct shunt_msg_hello hello = {
		.domain = s->opts.domain > 0 ? (uint32_t)s->opts.domain - 1 : SHUNT_ANY_DOMAIN,
		.cores = s->opts.cores,
	};
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (s->core) /* known already: the same domain again */
		hello.domain = s->domain;
	memcpy(hello.name, s->name, sizeof(hello.name));
	memcpy(to.sun_path, s->socket, sizeof(to.sun_path));
	s->link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->link < 0)
		return set_error(s, -errno, "cannot make a socket: %s", strerror(errno));
	if (connect(s->link, (struct sockaddr *)&to, sizeof(to))) {
		int err = -errno;

		close(s->link);
		s->link = -1;
		return set_error(s, err, "cannot reach shuntd at '%s': %s", s->socket,
			    shunt_strerror(err));
	}
	/* If it was refused already, the agent says why: no error. */
	message_send(s, &hello, sizeof(hello), SHUNT_MSG_HELLO);
	return 0;
}
