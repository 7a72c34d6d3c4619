/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * child.h - the agent, as the keeper sees it: a process, and a socket to it
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "store.h"

struct child {
	pid_t pid;       /* 0: there is none */
	int pidfd, sock; /* -1: there is none */
	bool asked;      /* to stop */
};

/* Starts this program as an agent. old: the one that runs, not the one that has its path now.
 * trial: see keeper.h; give_up: it is to give everything up. 0, or -errno. */
int child_start(struct child *c, const struct store *s, char **argv, bool old, int trial,
		bool give_up);
/* Returns the exit status, as waitpid() has it, of a child that has ended. */
int child_reap(struct child *c);
void child_ask(struct child *c);
void child_kill(struct child *c);
