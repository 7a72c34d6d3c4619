// SPDX-License-Identifier: BSD-2-Clause
/*
 * handover.c - messages between a shuntd and its successor
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "handover.h"
#include "scm.h"
#include "store.h"

#define TRIES 1000 /* a millisecond each */

int handover_send(int sock, enum handover_type type, struct handover_msg *m, int fd)
{
	SCM_ROOM(1) control;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	m->magic = HANDOVER_MAGIC;
	m->version = HANDOVER_VERSION;
	m->type = type;
	m->abi = SHUNT_ABI;
	m->pid = getpid();
	scm_pack(&hdr, &control, &fd, fd >= 0);
	for (int tries = 0; sendmsg(sock, &hdr, MSG_NOSIGNAL) < 0;) {
		/* Descriptors that others of root have not
		 * read yet count against its limit, too. */
		if (errno == ETOOMANYREFS && tries++ < TRIES)
			usleep(1000);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int handover_receive(int sock, struct handover_msg *m, int *fd, int ms)
{
	SCM_ROOM(1) control;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr hdr = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.buf,
			     .msg_controllen = sizeof(control.buf) };
	struct pollfd p = { .fd = sock, .events = POLLIN };
	ssize_t n;

	*fd = -1;
	if (poll(&p, 1, ms) <= 0)
		return -EAGAIN;
	n = recvmsg(sock, &hdr, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno == ECONNRESET ? 0 : errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return 0;
	*fd = scm_take(&hdr);
	if (n != sizeof(*m) || m->magic != HANDOVER_MAGIC || m->version != HANDOVER_VERSION) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return -EPROTO;
	}
	m->name[STORE_NAME - 1] = '\0';
	m->text[HANDOVER_TEXT - 1] = '\0';
	return m->type;
}

int handover_send_table(int sock, const struct store *s)
{
	struct handover_msg m = {0};
	const char *name;
	int fd, err = 0;

	for (unsigned int i = 0; !err && store_at(s, i, &name, &fd); i++) {
		snprintf(m.name, sizeof(m.name), "%s", name);
		err = handover_send(sock, HANDOVER_ENTRY, &m, fd);
	}
	return err ? err : handover_send(sock, HANDOVER_TABLE_END, &m, -1);
}

bool handover_is_root(int sock, pid_t *pid)
{
	struct ucred who = {0};
	socklen_t len = sizeof(who);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &len))
		return false;
	*pid = who.pid;
	return !who.uid;
}

int handover_path(const char *socket, char *path, size_t len)
{
	return snprintf(path, len, "%s.ctl", socket) < (int)len ? 0 : -ENAMETOOLONG;
}
