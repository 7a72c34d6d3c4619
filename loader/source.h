/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - a policy's source, opened for the user as whom it is compiled
 */
#pragma once

#include <sys/types.h>

#include "ctl.h"

#define SOURCE_MOST (1 << 20)

/*
 * The descriptor, or -errno. For a uid other than 0, whom compilers run as, it is a file that this
 * user may read, or root named it without a symbolic link on the way: so nobody else can have put
 * one there. Fails for anything but a plain file of at most SOURCE_MOST bytes.
 */
int source_open(struct ctl *ctl, const char *path, uid_t uid);
/* The folder that it lies in. 1: that user may open files there, 0: it may not, or -errno. */
int source_folder(int fd, uid_t uid, char *out, size_t len);
