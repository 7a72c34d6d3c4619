/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_work.h - requests whose answer shows whether a register was lost on the way, and threads that
 * hand them to each other
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hostlib/ctx.h"

#define WORK_KINDS 8 /* vector width and rounding mode */

struct work {
	unsigned int kind;
	uint64_t seed;
	uint64_t steps;         /* to do, at most; in the end: that were done */
	_Atomic bool stop;      /* after this step */
	void (*pause)(struct work *w); /* after each step; NULL: never */

	uint64_t answer;
	struct ctx *ctx;
	int last;               /* thread that ran it; -1: none yet */
	uint64_t leaves, moves; /* how often it left, and went on on another thread */
	bool done;
};

/* Does the steps, in the rounding mode of its kind, with the widest vectors that there are. */
void work_do(struct work *w);

/* Is pc in the code that work_do() spends its time in? */
bool work_has(uintptr_t pc);

/* Called by a thread: when it begins, before it enters a
 * context and after (NULL), and at its end. */
struct work_hooks {
	void (*begin)(void);
	void (*running)(struct work *w);
	void (*end)(void);
};

/*
 * Runs all of them to their end, on contexts of the pool and so many threads. A thread prefers what
 * another one ran last. No hooks: NULL.
 */
void work_share(struct ctx_pool *pool, struct work *w, unsigned int n, unsigned int threads,
		const struct work_hooks *hooks);
