// SPDX-License-Identifier: BSD-2-Clause
/*
 * source.c - a policy's source, opened for the user as whom it is compiled
 *
 * The source's text ends up in messages, and in a bundle that workers get. So root must not be led
 * to open another file than it named, by a link of the owner of a folder on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source.h"

/* a FIFO is opened at once, and then refused */
#define HOW (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* Opens a file as the kernel lets that user. */
static int open_as(uid_t uid, const char *path, int how)
{
	int n = getgroups(0, NULL), fd = -EPERM;
	gid_t *groups = calloc(n > 0 ? n : 1, sizeof(*groups));

	if (groups && getgroups(n, groups) == n && !setgroups(0, NULL)) {
		setfsgid(uid);
		setfsuid(uid);
		fd = open(path, how);
		if (fd < 0)
			fd = -errno;
		setfsuid(geteuid());
		setfsgid(getegid());
		if (setgroups(n, groups)) {
			close(fd);
			fd = -errno;
		}
	}
	free(groups);
	return fd;
}

static int open_without_links(const char *path)
{
	struct open_how how = { .flags = HOW, .resolve = RESOLVE_NO_SYMLINKS };
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

static int open_for(uid_t uid, const char *path)
{
	int fd;

	if (!uid) {
		fd = open(path, HOW);
		return fd < 0 ? -errno : fd;
	}
	fd = open_as(uid, path, HOW);
	return fd == -EACCES ? open_without_links(path) : fd;
}

int source_open(struct ctl *ctl, const char *path, uid_t uid)
{
	int fd = open_for(uid, path);
	struct stat st;

	if (fd == -ELOOP) {
		fail(ctl, fd,
		     "cannot open '%s': not everybody may read it, and there is a symbolic link on "
		     "the way",
		     path);
		hint(ctl,
		     "name the file itself, or build it as the user whose file it is: shunt build "
		     "%s",
		     path);
		return fd;
	}
	if (fd == -ENXIO) /* a socket */
		fd = -EINVAL;
	else if (fd < 0)
		return fail(ctl, fd, "cannot open '%s': %s", path, strerror(-fd));
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > SOURCE_MOST) {
		if (fd >= 0)
			close(fd);
		fail(ctl, -EINVAL, "'%s' is no plain file of at most %d bytes", path, SOURCE_MOST);
		hint(ctl, "a policy is a page of C, in a file that ends");
		return -EINVAL;
	}
	return fd;
}

int source_folder(int fd, uid_t uid, char *out, size_t len)
{
	char self[32], *slash;
	int folder;
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, out, len - 1);
	if (n <= 0)
		return n ? -errno : -ENOENT;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash || (size_t)(slash + 3 - out) > len)
		return -ENOENT;
	strcpy(slash, "/.");
	if (!uid)
		return 1;
	folder = open_as(uid, out, O_PATH | O_CLOEXEC);
	if (folder >= 0)
		close(folder);
	return folder == -EACCES ? 0 : folder < 0 ? folder : 1;
}
