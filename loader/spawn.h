/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - runs a compiler in its folder and keeps what it says
 *
 * A compiler is a group of processes, and none of the group is left when spawn_run() returns.
 * Between spawn_begin() and spawn_end() a signal that would end us waits: time to remove the
 * folder.
 */
#pragma once

#include <signal.h>

#include "workdir.h"

struct spawn {
	const struct workdir *dir;
	unsigned int seconds;  /* that each may take */
	sigset_t ends, before; /* signals that end us; the mask before */
};

void spawn_begin(struct spawn *s, const struct workdir *dir, unsigned int seconds);
void spawn_end(struct spawn *s);
/* Runs args[0] (looked up in PATH) inside the folder; *said gets what it printed, to be freed. 0:
 * it succeeded, 1: it failed, or -errno: it could not be run. -ETIMEDOUT: it was ended at the
 * limit; -EINTR: because a signal for us waits. */
int spawn_run(const struct spawn *s, const char *const *args, char **said);
