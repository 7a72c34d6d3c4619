// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat_sockets.c - the sockets between two workers that share a CPU, through which nobody else
 * speaks
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "seat_sockets.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

/* A socket that has had a name is given no other one. Nobody can send to this one: its mode lets
 * nobody, and it is gone at once. */
static int use_up_name(int sock, const char *beside)
{
	const char *end = strrchr(beside, '/');
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int err;

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%.*s/.%d", end ? (int)(end - beside) : 1,
		     end ? beside : ".", getpid()) >= (int)sizeof(at.sun_path))
		return -ENAMETOOLONG;
	unlink(at.sun_path); /* of a process of that number that was killed in between */
	err = fchmod(sock, 0) || bind(sock, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
	if (!err)
		unlink(at.sun_path);
	return err;
}

/* Whoever reads a datagram closes the descriptors that came with it, which may take long. Where the
 * kernel is older, a worker can hold up the other one so. */
static void refuse_descriptors(int sock)
{
	int no = 0;

	setsockopt(sock, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no));
}

int seat_sockets_make(int sock[2], const char *beside)
{
	int err = 0;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sock))
		return -errno;
	for (int i = 0; i < 2 && !err; i++) {
		err = use_up_name(sock[i], beside);
		refuse_descriptors(sock[i]);
	}
	if (err) {
		close(sock[0]);
		close(sock[1]);
	}
	return err;
}
