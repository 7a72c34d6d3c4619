/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gap_log.h - the file in which a server notes when its CPU was taken away, and shunt-load finds it
 *
 * Lies on tmpfs. A line a thread, which that thread alone writes. The reader takes copies by
 * pread(), and believes nothing before it has looked: the server may be another's, may have died,
 * may write what it likes.
 */
#pragma once

#include <stdint.h>

#include "clean/clean.h"

#define GAP_MAGIC 0x31706167746e7573ULL /* "suntgap1" */
#define GAP_LINES 64                    /* threads */
/* gaps of a thread, then the oldest are written over; a power of two */
#define GAP_ROOM 65536

struct gap_head {
	uint64_t magic;
	uint32_t whole; /* 1: no thread sleeps, and what a handler does is seen, too */
	uint32_t pad[13];
};

struct gap_line {
	uint64_t seen_ns; /* the thread looked at the clock; 0: there is no such thread */
	uint64_t n;       /* gaps ever noted: the last is at (n - 1) % GAP_ROOM */
	uint64_t pad[6];
	struct gap gap[GAP_ROOM];
};

struct gap_log {
	struct gap_head head;
	struct gap_line line[GAP_LINES];
};
