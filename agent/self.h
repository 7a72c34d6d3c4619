/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * self.h - the program that the processes of shuntd are, by its path
 */
#pragma once

#include <stdbool.h>

#define SELF_OTHER_ABI                                                                             \
	78 /* exit status of a program of another ABI that was started as one of our processes */

/* At the start of each process: where the program is. Ends the process with SELF_OTHER_ABI where
 * what started it is of another ABI. */
void self_start(void);

/* Becomes the program that has the path now, as an upgrade may have put it there; if that cannot be
 * executed, or old says so, the one that runs. Returns only on failure: -errno. */
int self_exec(char **argv, bool old);
const char *self_path(void);
