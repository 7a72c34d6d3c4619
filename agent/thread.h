/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - a signal to one thread of a worker
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/* Sends a worker's thread a signal. process: the worker's pidfd, pid: its number;
 * tid: the worker's word, not trusted. 0, or -errno (-ESRCH: it has no such thread). */
int thread_signal(int process, __u32 pid, __u32 tid, int sig);
