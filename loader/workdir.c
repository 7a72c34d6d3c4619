// SPDX-License-Identifier: BSD-2-Clause
/*
 * workdir.c - a temporary folder in which compilers run, and all that they need in it
 *
 * A source can have the compiler read any file that the compiler may read (#include,
 * asm(".incbin")), and what it read is in the code, which workers get. So compilers that root
 * starts have the rights of a user that nobody is: this folder is all that they can read beside
 * what everybody can, and out/ all that they can write.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workdir.h"

#define UID_FIRST 61184u /* systemd's range for users that live as long as a service */
#define UID_COUNT 4336u
#define DEPTH 8          /* of folders that are removed */

/* A user that no account has, and hardly another process. */
static uid_t pick_user(void)
{
	uid_t uid = UID_FIRST + (unsigned int)getpid() % UID_COUNT;

	for (unsigned int i = 0; i < UID_COUNT && getpwuid(uid); i++)
		uid = uid + 1 < UID_FIRST + UID_COUNT ? uid + 1 : UID_FIRST;
	return uid;
}

/* Readable for the compilers, writable for us alone. */
static int share(const struct workdir *dir, int fd, mode_t mode)
{
	if (dir->uid && fchown(fd, -1, dir->uid))
		return -errno;
	return fchmod(fd, mode) ? -errno : 0;
}

static int hand_over(struct workdir *dir)
{
	if (geteuid())
		return 0;
	dir->uid = pick_user();
	if (!fchownat(dir->fd, "out", dir->uid, dir->uid, AT_SYMLINK_NOFOLLOW))
		return share(dir, dir->fd, 0750);
	/* In a namespace without other users root has the rights of the one who made it. */
	if (errno != EINVAL)
		return -errno;
	dir->uid = 0;
	return 0;
}

int workdir_make(struct workdir *dir)
{
	const char *tmp = secure_getenv("TMPDIR");
	int n = snprintf(dir->path, sizeof(dir->path), "%s/shunt-XXXXXX", tmp ? tmp : "/tmp"), err;

	dir->uid = 0;
	if (n < 0 || (size_t)n >= sizeof(dir->path))
		return -ENAMETOOLONG;
	if (!mkdtemp(dir->path))
		return -errno;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		err = -errno;
		rmdir(dir->path);
		return err;
	}
	err = mkdirat(dir->fd, "out", 0700) ? -errno : hand_over(dir);
	if (err)
		workdir_remove(dir);
	return err;
}

/* The folders above a path in ours. */
static int make_above(const struct workdir *dir, const char *path)
{
	char part[PATH_MAX];
	int fd, err = 0;

	for (const char *slash = strchr(path, '/'); !err && slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(dir->fd, part, 0700)) {
			err = errno == EEXIST ? 0 : -errno;
			continue;
		}
		fd = openat(dir->fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		err = fd < 0 ? -errno : share(dir, fd, 0750);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

/* As many as it has now: it may grow meanwhile. */
static int copy_bytes(int in, int out)
{
	struct stat st;
	ssize_t n;

	if (fstat(in, &st))
		return -errno;
	for (off_t left = st.st_size; left > 0; left -= n) {
		n = sendfile(out, in, NULL, left);
		if (n <= 0)
			return n ? -errno : 0;
	}
	return 0;
}

int workdir_copy(const struct workdir *dir, int in, const char *to)
{
	int out = -1, err = make_above(dir, to);

	if (!err)
		out = openat(dir->fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			     0600);
	if (!err)
		err = out < 0 ? -errno : copy_bytes(in, out);
	if (!err)
		err = share(dir, out, 0640);
	if (out >= 0)
		close(out);
	return err;
}

static int copy_file(const struct workdir *dir, const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    err = in < 0 ? -errno : workdir_copy(dir, in, to);

	if (in >= 0)
		close(in);
	return err;
}

static bool is_source(const char *name)
{
	size_t n = strlen(name);

	return n > 2 && name[n - 2] == '.' && (name[n - 1] == 'c' || name[n - 1] == 'h');
}

int workdir_copy_all(const struct workdir *dir, const char *from, const char *to)
{
	char a[PATH_MAX], b[PATH_MAX];
	DIR *list = opendir(from);
	struct dirent *entry;
	int err = list ? 0 : -errno;

	while (!err && (entry = readdir(list))) {
		if (!is_source(entry->d_name))
			continue;
		if ((size_t)snprintf(a, sizeof(a), "%s/%s", from, entry->d_name) >= sizeof(a) ||
		    (size_t)snprintf(b, sizeof(b), "%s/%s", to, entry->d_name) >= sizeof(b))
			err = -ENAMETOOLONG;
		else
			err = copy_file(dir, a, b);
	}
	if (list)
		closedir(list);
	return err;
}

int workdir_link(const struct workdir *dir, const char *name, const char *const *folders)
{
	char at[64];
	int err = make_above(dir, "sys/");

	snprintf(at, sizeof(at), "sys/%s", name);
	while (*folders && access(*folders, X_OK))
		folders++;
	if (err || !*folders)
		return err; /* the compiler says which header it misses */
	return symlinkat(*folders, dir->fd, at) ? -errno : 0;
}

/* Takes fd. Never follows a link: whoever compiled may have put some there. */
static void remove_all(int fd, int depth)
{
	DIR *list = fdopendir(fd);
	struct dirent *entry;

	if (!list) {
		close(fd);
		return;
	}
	while ((entry = readdir(list))) {
		int below;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(list), entry->d_name, 0) || errno != EISDIR || depth == DEPTH)
			continue;
		below = openat(dirfd(list), entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			remove_all(below, depth + 1);
		unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR);
	}
	closedir(list);
}

void workdir_remove(struct workdir *dir)
{
	remove_all(dir->fd, 0);
	rmdir(dir->path);
}
