// SPDX-License-Identifier: BSD-2-Clause
/*
 * part.c - programs of shunt's that are no policy's: objects that lie beside the policies' folder
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "bundle/bundle.h"
#include "part.h"

int part_find(struct ctl *ctl, const char *name, char *path, size_t len)
{
	char dir[PATH_MAX];

	for (int i = 0; i < BUNDLE_DIRS; i++) {
		if (bundle_dir(i, dir, sizeof(dir))[0] &&
		    (size_t)snprintf(path, len, "%s/../%s", dir, name) < len && !access(path, R_OK))
			return 0;
	}
	return fail(ctl, -ENOENT, "'%s' is not installed where the policies are", name);
}
