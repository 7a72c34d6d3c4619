/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.h - what scans saw of a process's memory, batch by batch, in a file ("shunt mem record")
 *
 * Text; each line is one of these, and docs/mem.md says what they mean:
 *
 *	shunt-mem-trace 1         the first line
 *	scan MS                   milliseconds since the first scan
 *	+ ID START KIB RSS USED   a batch that is new; IDs count from 0
 *	= ID RSS USED             one that was used since the last scan, or is of another size
 *	- ID                      one that is gone
 *	end SCANS                 the last line: without it the last scan may be incomplete
 *
 * A batch without a line is as large as before, and was not used.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

#include "why.h"

#define MEM_TRACE_BATCHES (1 << 24)
#define MEM_TRACE_KIB (1u << 31) /* of a batch, at most */

/* --- writing ---------------------------------------------------------------------------------- */

/* A batch as a scan saw it. Those of one start and end that two scans saw are one batch. */
struct mem_traced {
	__u64 start, end;
	__u32 rss_kib, used_kib;
};

struct mem_trace_out {
	FILE *f;
	__u64 first_ms, last_ms;
	unsigned int scans, next_id;
	struct mem_written {
		struct mem_traced t;
		unsigned int id;
	} *last; /* of the last scan */
	int n;
};

void mem_trace_begin(struct mem_trace_out *out, FILE *f);
/* A scan's batches, in the order of addresses; at_ms: of any clock that goes forward. 0, or
 * -errno. */
int mem_trace_scan(struct mem_trace_out *out, __u64 at_ms, const struct mem_traced *t, int n);
/* The last line. 0, or -EIO where something could not be written. */
int mem_trace_end(struct mem_trace_out *out);

/* --- reading ---------------------------------------------------------------------------------- */

struct mem_read {
	__u64 start;
	__u64 kib;
	__u32 rss_kib, used_kib;
	bool is_there;
};

struct mem_trace {
	FILE *f;
	const char *path;
	unsigned long line;
	char text[128];     /* a line that was read ahead */
	bool has_text;
	bool is_cut;        /* it has no end: its last scan was left out */
	unsigned int scans; /* so far */
	__u64 at_ms;        /* of the last one */
	struct mem_read *b; /* by ID */
	int n, room;
};

/* 0, or -1 with the reason in why. */
int mem_trace_open(struct mem_trace *t, const char *path, struct why *why);
/* The next scan: 1, with the batches as it saw them in b; 0: there are no more; -1: bad. */
int mem_trace_next(struct mem_trace *t, struct why *why);
void mem_trace_close(struct mem_trace *t);
