// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockpath.c - a socket's path in the file system: only sockets are removed from it
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockpath.h"

int sockpath_check(const char *path)
{
	struct stat st;

	return lstat(path, &st) || S_ISSOCK(st.st_mode) ? 0 : -EEXIST;
}

int sockpath_listen(int fd, const char *path, mode_t mode, int backlog)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int err = sockpath_check(path);

	if (err)
		return err;
	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s", path) >= (int)sizeof(at.sun_path))
		return -ENAMETOOLONG;
	unlink(path); /* the caller has the path's lock: it is left over */
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(path, mode) ||
			       listen(fd, backlog)
		       ? -errno
		       : 0;
}

void sockpath_remove(const char *path)
{
	if (!sockpath_check(path))
		unlink(path);
}

const char *sockpath_error(int err)
{
	return err == -EEXIST ? "what is there is no socket: remove it, or name another --socket"
			      : strerror(-err);
}
