// SPDX-License-Identifier: BSD-2-Clause
/*
 * sd.c - systemd keeps descriptors while no shuntd runs, by
 * its protocols sd_notify(3) and sd_listen_fds(3)
 *
 * FDPOLL=0: systemd would close what reports a hang-up or an error, as the pidfd of a dead process
 * does.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "scm.h"
#include "sd.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */
#define FDS_MAX 4096
#define WAIT_S 5

static bool address(struct sockaddr_un *to, socklen_t *len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;

	if (!n || n >= sizeof(to->sun_path) || (path[0] != '/' && path[0] != '@'))
		return false;
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(to->sun_path, path, n);
	if (path[0] == '@')
		to->sun_path[0] = '\0';
	*len = offsetof(struct sockaddr_un, sun_path) + n;
	return true;
}

bool sd_is_there(void)
{
	struct sockaddr_un to;
	socklen_t len;

	return address(&to, &len);
}

static void say_with(const char *text, int fd)
{
	SCM_ROOM(1) control;
	struct timeval limit = { .tv_sec = WAIT_S };
	struct sockaddr_un to;
	struct iovec iov = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr hdr = { .msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1 };
	int sock;

	if (!address(&to, &hdr.msg_namelen))
		return;
	scm_pack(&hdr, &control, &fd, fd >= 0);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return;
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	while (sendmsg(sock, &hdr, MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		log_say(LOG_WARNING, "cannot tell systemd: %m");
		break;
	}
	close(sock);
}

void sd_store(const char *name, int fd)
{
	char text[80];

	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	say_with(text, fd);
}

void sd_remove(const char *name)
{
	char text[80];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	say_with(text, -1);
}

/* systemd closes the descriptor sent along once it has read the message. */
void sd_barrier(void)
{
	struct pollfd p = { .events = 0 }; /* POLLHUP always comes */
	int ends[2];

	if (!sd_is_there() || pipe2(ends, O_CLOEXEC))
		return;
	say_with("BARRIER=1", ends[1]);
	close(ends[1]);
	p.fd = ends[0];
	if (poll(&p, 1, WAIT_S * 1000) != 1)
		log_say(LOG_WARNING, "systemd did not say within %d s that it has all descriptors",
			WAIT_S);
	close(ends[0]);
}

static int number(const char *name)
{
	const char *text = getenv(name);

	return text ? atoi(text) : 0;
}

void sd_take(void (*take)(void *arg, const char *name, int fd), void *arg)
{
	const char *env = getenv("LISTEN_FDNAMES");
	char *names = strdup(env ? env : ""), *rest = names;
	int n = number("LISTEN_PID") == getpid() ? number("LISTEN_FDS") : 0;

	for (int i = 0; i < n && i < FDS_MAX; i++) {
		const char *name = rest ? strsep(&rest, ":") : NULL;

		if (!fcntl(FIRST + i, F_SETFD, FD_CLOEXEC))
			take(arg, name ? name : "", FIRST + i);
	}
	free(names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
