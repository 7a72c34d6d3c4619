/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - runs a program in a temporary directory and keeps what it says
 */
#pragma once

struct workdir {
	char path[128];
	int fd;
};

/* 0 or -errno. */
int workdir_make(struct workdir *dir);
/* Removes it with the files in it. */
void workdir_remove(struct workdir *dir);
/* Runs args[0] (looked up in PATH) inside dir; *said gets what it printed, to be freed. 0: it
 * succeeded, 1: it failed, or -errno: it could not be run. */
int spawn_run(const struct workdir *dir, const char *const *args, char **said);
