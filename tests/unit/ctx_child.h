/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_child.h - runs what must die in a process of its own, and tells how it did
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int sig;       /* that it died of; 0: */
	int status;    /* it ended with this */
	char text[512]; /* what it wrote to stderr */
};

/* After fn the child ends with status 0. */
struct child child_run(void (*fn)(void));
