// SPDX-License-Identifier: BSD-2-Clause
/*
 * outlived.c - LD_PRELOAD: shuntd is stopped for a moment behind each descriptor that it sends
 *
 * It goes on once the process at the other end has ended, or after a second: as if it had lost its
 * CPU there, and that process had not. Root's processes, shuntd's own, are not waited for.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#define WAIT_MS 1000

static void outlive(int fd)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || !who.uid)
		return;
	for (int ms = 0; ms < WAIT_MS && (!kill(who.pid, 0) || errno == EPERM); ms++)
		poll(NULL, 0, 1);
}

__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	static ssize_t (*next)(int fd, const struct msghdr *m, int flags);
	ssize_t n;
	int err;

	if (!next)
		next = (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
	n = next(fd, m, flags);
	err = errno;
	if (n >= 0 && m->msg_controllen)
		outlive(fd);
	errno = err;
	return n;
}
