/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nudge.h - hears of changes of the interface's pins, and of whoever touches their folder
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;

struct nudge {
	int fd;    /* inotify; -1: there is none */
	int watch; /* of the folder; -1: none */
	__u64 rest_ns; /* until then nothing is heard: what was heard is being seen to */
};

void nudge_open(struct nudge *n);
/* Watches the folder of the pins, or the one in which it will be made. False: it cannot. */
bool nudge_follow(struct agent *a);
/* To be waited for now; -1: nothing. */
int nudge_fd(const struct agent *a);
/* There is something to hear: maps may have been changed, and pins come or gone. */
void nudge_hear(struct agent *a);
