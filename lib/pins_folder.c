// SPDX-License-Identifier: BSD-2-Clause
/*
 * pins_folder.c - are the folders of the pins root's alone?
 *
 * bpffs has mode 1777 unless it is mounted otherwise. A user who makes its folder "shunt" first, or who may write
 * to one of ours, pins maps of its own there, which root's programs would then take for shunt's.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pins.h"

#define OTHERS (S_IWGRP | S_IWOTH)

static int refuse(const char *path, const char *wrong, const char *mend, char *why, size_t len)
{
	snprintf(why, len, "'%s' %s, so others than root can put their own maps there: %s", path, wrong, mend);
	return -EPERM;
}

static int check_owner(const char *path, const struct stat *st, const char *mend, char *why, size_t len)
{
	char wrong[40];

	if (!st->st_uid || st->st_uid == geteuid())
		return 0;
	snprintf(wrong, sizeof(wrong), "belongs to user %u", st->st_uid);
	return refuse(path, wrong, mend, why, len);
}

static int look(const char *path, int err, char *why, size_t len)
{
	if (!err)
		return 0;
	err = -errno;
	snprintf(why, len, "cannot look at '%s': %s", path, strerror(-err));
	return err;
}

/* Others may make files in the file system's root if they cannot rename ours there: what the sticky bit is for. */
static int check_root(const char *path, char *why, size_t len)
{
	static const char mend[] = "mount bpffs with mode=0755, or 'chmod 755' it";
	struct stat st;
	int err = look(path, stat(path, &st), why, len);

	if (!err)
		err = check_owner(path, &st, mend, why, len);
	if (!err && (st.st_mode & OTHERS) && !(st.st_mode & S_ISVTX))
		err = refuse(path, "may be written by others", mend, why, len);
	return err;
}

static int check_folder(const char *path, char *why, size_t len)
{
	static const char mend[] = "remove it as root ('rm -r') and load again";
	struct stat st;
	int err = look(path, lstat(path, &st), why, len);

	if (!err && !S_ISDIR(st.st_mode))
		err = refuse(path, S_ISLNK(st.st_mode) ? "is a link" : "is no folder", mend, why, len);
	if (!err)
		err = check_owner(path, &st, mend, why, len);
	if (!err && (st.st_mode & OTHERS))
		err = refuse(path, "may be written by others", mend, why, len);
	return err;
}

int shunt_pins_folder_is_ours(const struct shunt_pins *pins, char *why, size_t len)
{
	const char *root = pins->bpffs ? pins->bpffs : SHUNT_BPFFS;
	char path[PATH_MAX];
	int err = check_root(root, why, len);

	if (!err)
		err = (size_t)snprintf(path, sizeof(path), "%s/shunt", root) < sizeof(path) ? 0 : -ENAMETOOLONG;
	if (!err)
		err = check_folder(path, why, len);
	if (!err)
		err = shunt_pin_path(path, sizeof(path), pins, NULL);
	return err ? err : check_folder(path, why, len);
}
