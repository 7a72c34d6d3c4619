/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scm.h - descriptors that go along with a message on a UNIX socket (SCM_RIGHTS)
 */
#pragma once

#include <string.h>
#include <sys/socket.h>

#define SCM_SPACE(n) CMSG_SPACE((n) * sizeof(int))

/* Room for n descriptors, aligned as the kernel wants it. */
#define SCM_ROOM(n)              \
	union {                  \
		char buf[SCM_SPACE(n)]; \
		struct cmsghdr align; \
	}

/* Puts n descriptors into the message's control part, which
 * is room: of SCM_ROOM(n) or more. None: nothing. */
static inline void scm_pack(struct msghdr *hdr, void *room, const int *fd, unsigned int n)
{
	struct cmsghdr *c;

	if (!n)
		return;
	memset(room, 0, SCM_SPACE(n));
	hdr->msg_control = room;
	hdr->msg_controllen = SCM_SPACE(n);
	c = CMSG_FIRSTHDR(hdr);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fd, n * sizeof(int));
}

/* The one descriptor that came with a message; -1: none did. */
static inline int scm_take(struct msghdr *hdr)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(hdr);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}
