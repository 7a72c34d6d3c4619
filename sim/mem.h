/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - policies of memory on what "shunt mem record" has recorded
 *
 * A replay shows a policy, scan by scan, what it would have seen of each batch, and counts what
 * would have come of its decisions: batches go at once, and the first use brings a batch back as a
 * whole. The program waits for the pages that it uses by the scan that finds the batch back. A
 * batch that was used between two scans counts as in memory for all that time.
 */
#pragma once

#include <stdint.h>

#include "mem/policy.h"
#include "mem/trace.h"

struct replayed {
	struct mem_own own;
	uint16_t idle;
	bool is_there;
	bool cold;      /* since the last scan */
	bool is_marked; /* used since it was made cold, by a scan before this one */
	bool out;
};

struct replay {
	const struct mem_policy *policy;
	unsigned int scans;
	struct mem_all all;
	struct replayed *b; /* by ID */
	int n;
	double out_kib_ms;  /* memory given back, times the time */
	uint64_t refaults, returns; /* pages; batches */
	double worst;       /* refaults a second, from one scan to the next */
	uint64_t went_kib, cooled_kib; /* moved; marked as old, having been used */
};

/* mem_replay.c: 0, or -1: no memory. */
int replay_scan(struct replay *r, const struct mem_trace *t, uint64_t ms);

/*
 * An oracle knows when each batch is used next. Of all the times in which one was not, it takes
 * those that give the most memory for a refault: so nobody has more memory back for as few of them.
 */
struct oracle {
	struct idle_time {
		double kib_ms;
		uint32_t pages; /* used at the end of it */
	} *time;
	int n, room;
	struct waiting {
		double kib_ms;
		bool is_there;
	} *b; /* by ID: since each was used */
	int nb;
	double all_kib_ms, unused_kib_ms; /* of the trace */
	uint64_t refaults; /* of all of these times */
};

/* mem_oracle.c: 0, or -1: no memory. */
int oracle_scan(struct oracle *o, const struct mem_trace *t, uint64_t ms);
/* After the last scan. */
int oracle_end(struct oracle *o);
/* Memory times time with at most so many refaults. */
double oracle_kib_ms(const struct oracle *o, uint64_t refaults);
