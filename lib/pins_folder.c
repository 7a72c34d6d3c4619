// SPDX-License-Identifier: BSD-2-Clause
/*
 * pins_folder.c - are the folders of the pins root's alone?
 *
 * bpffs has mode 1777 unless it is mounted otherwise. A user who makes its folder "shunt" first, or
 * who may write to one of ours, pins maps of its own there, which root's programs would then take
 * for shunt's.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pins.h"

#define OTHERS (S_IWGRP | S_IWOTH)

static int refuse(const char *path, const char *wrong, const char *mend, struct why *why)
{
	why_hint(why, "%s", mend);
	return why_fail(why, -EPERM, "'%s' %s, so others than root can put their own maps there",
			path, wrong);
}

static int check_owner(const char *path, const struct stat *st, const char *mend, struct why *why)
{
	char wrong[40];

	if (!st->st_uid || st->st_uid == geteuid())
		return 0;
	snprintf(wrong, sizeof(wrong), "belongs to user %u", st->st_uid);
	return refuse(path, wrong, mend, why);
}

static int look(const char *path, int err, struct why *why)
{
	if (!err)
		return 0;
	err = -errno;
	return why_fail(why, err, "cannot look at '%s': %s", path, strerror(-err));
}

/* Others may make files in the file system's root if they
 * cannot rename ours there: what the sticky bit is for. */
static int check_root(const char *path, struct why *why)
{
	static const char mend[] = "mount bpffs with mode=0755, or 'chmod 755' it";
	struct stat st;
	int err = look(path, stat(path, &st), why);

	if (!err)
		err = check_owner(path, &st, mend, why);
	if (!err && (st.st_mode & OTHERS) && !(st.st_mode & S_ISVTX))
		err = refuse(path, "may be written by others", mend, why);
	return err;
}

static int check_folder(const char *path, struct why *why)
{
	static const char mend[] = "remove it as root ('rm -r') and load again";
	struct stat st;
	int err = look(path, lstat(path, &st), why);

	if (!err && !S_ISDIR(st.st_mode))
		err = refuse(path, S_ISLNK(st.st_mode) ? "is a link" : "is no folder", mend, why);
	if (!err)
		err = check_owner(path, &st, mend, why);
	if (!err && (st.st_mode & OTHERS))
		err = refuse(path, "may be written by others", mend, why);
	return err;
}

int shunt_pins_folder_is_ours(const struct shunt_pins *pins, struct why *why)
{
	const char *root = pins->bpffs ? pins->bpffs : SHUNT_BPFFS;
	char path[PATH_MAX];
	int err = check_root(root, why);

	if (!err)
		err = (size_t)snprintf(path, sizeof(path), "%s/shunt", root) < sizeof(path)
			      ? 0
			      : -ENAMETOOLONG;
	if (!err)
		err = check_folder(path, why);
	if (!err)
		err = shunt_pin_path(path, sizeof(path), pins, NULL);
	return err ? err : check_folder(path, why);
}
