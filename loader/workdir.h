/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * workdir.h - a temporary folder in which compilers run, and all that they need in it
 *
 *   policy/FILE.c       the source, as the user named it
 *   bpf/ include/       shunt's own
 *   sys/                links to the kernel's and libbpf's headers, and to no others
 *   out/                what compilers write
 */
#pragma once

#include <sys/types.h>

struct workdir {
	char path[128];
	int fd;
	uid_t uid; /* as whom compilers run, and the group of the same number; 0: as we do */
};

/* The folder with an empty out/. Made by root, compilers
 * run in it as a user that nobody is. 0 or -errno. */
int workdir_make(struct workdir *dir);
/* A copy of an open file, as "to" in the folder; what lies above it is made, too. */
int workdir_copy(const struct workdir *dir, int in, const char *to);
/* Copies of all C files and headers of one folder. */
int workdir_copy_all(const struct workdir *dir, const char *from, const char *to);
/* sys/name, a link to the first of these folders that there is; the last is NULL. */
int workdir_link(const struct workdir *dir, const char *name, const char *const *folders);
/* Removes it with all that is in it. */
void workdir_remove(struct workdir *dir);
