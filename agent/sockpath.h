/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockpath.h - a socket's path in the file system
 */
#pragma once

#include <sys/types.h>

/* Nothing but a socket is there. 0, or -EEXIST. */
int sockpath_check(const char *path);
/* Binds fd to the path, in place of a socket that is left over there, and listens. 0, or -errno. */
int sockpath_listen(int fd, const char *path, mode_t mode, int backlog);
/* Removes it, if it is a socket. */
void sockpath_remove(const char *path);
/* Words for an error of these functions. */
const char *sockpath_error(int err);
