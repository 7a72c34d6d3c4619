// SPDX-License-Identifier: BSD-2-Clause
/*
 * guard.c - the budget of refaults: what the process itself waits for decides whether memory may go
 *
 * Major faults are counted, all of them: the kernel does not tell those of swap from those of
 * files. What the process had of them before anything went is granted on top of the budget.
 */
#include "mem.h"

#define SECOND 1000000000ULL
#define PAUSE_NS (10 * SECOND)
#define LONGEST_NS (640 * SECOND)
#define TRIES 5 /* looks at which only batches come back of which a part did, before all do */

void mem_guard_begin(struct mem_guard *g, unsigned int budget)
{
	*g = (struct mem_guard){ .budget = budget, .pause_ns = PAUSE_NS };
}

/* A pause that follows the last one soon is twice as long. */
static void trip(struct mem_guard *g, __u64 now_ns)
{
	if (now_ns > g->until_ns + g->pause_ns)
		g->pause_ns = PAUSE_NS;
	g->until_ns = now_ns + g->pause_ns;
	if (g->pause_ns < LONGEST_NS)
		g->pause_ns *= 2;
	g->trips++;
}

static void learn(struct mem_guard *g)
{
	g->own_rate += (g->rate - g->own_rate) / 4;
}

static enum mem_verdict judge(struct mem_guard *g, bool anything_out, __u64 now_ns)
{
	bool again = g->has_tripped;

	g->has_tripped = anything_out && g->rate > g->budget + g->own_rate;
	if (!g->has_tripped) {
		if (!anything_out && now_ns >= g->until_ns)
			learn(g);
		return now_ns < g->until_ns ? MEM_PAUSE : MEM_GO;
	}
	if (!again) {
		trip(g, now_ns);
		g->looks_over = 0;
		g->are_all_back = false;
	}
	if (g->looks_over <= TRIES)
		g->looks_over++;
	if (g->looks_over <= TRIES)
		return MEM_BACK;
	if (g->are_all_back) /* these are faults of another kind */
		return MEM_PAUSE;
	g->are_all_back = true;
	return MEM_ALL;
}

enum mem_verdict mem_guard_look(struct mem_guard *g, __u64 faults, bool anything_out, __u64 now_ns)
{
	bool first = !g->has_looked;

	if (!first && now_ns > g->at_ns)
		g->rate = (double)(faults - g->faults) * SECOND / (now_ns - g->at_ns);
	g->faults = faults;
	g->at_ns = now_ns;
	g->has_looked = true;
	return first ? MEM_PAUSE : judge(g, anything_out, now_ns);
}
