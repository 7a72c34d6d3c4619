// SPDX-License-Identifier: BSD-2-Clause
/*
 * open.c - files that a workload, a shape or a trace is read from
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim.h"

FILE *open_to_read(const char *path, struct why *why)
{
	struct stat st;
	FILE *f = fopen(path, "r");

	if (!f) {
		why_fail(why, -1, "cannot open '%s': %s", path, strerror(errno));
		return NULL;
	}
	if (!fstat(fileno(f), &st) && S_ISDIR(st.st_mode)) {
		why_fail(why, -1, "'%s' is a folder: name a file in it", path);
		fclose(f);
		return NULL;
	}
	return f;
}
