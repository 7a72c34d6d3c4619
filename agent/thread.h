/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - a signal to one thread of a worker
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/* process: the worker's pidfd, pid: its number; tid: whatever
 * it says. 0, or -errno (-ESRCH: it is none of its threads). */
int thread_signal(int process, __u32 pid, __u32 tid, int sig);
