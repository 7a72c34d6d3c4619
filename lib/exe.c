// SPDX-License-Identifier: BSD-2-Clause
/*
 * exe.c - the folder that this program lies in
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exe.h"

int exe_dir(char *out, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", out, len - 1);
	int err = n < 0 ? -errno : -ENOENT;
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (n > 0 && slash) {
		*slash = '\0';
		return 0;
	}
	out[0] = '\0';
	return err;
}
