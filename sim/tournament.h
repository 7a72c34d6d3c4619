/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tournament.h - which of a fixed set of sources is next
 *
 * A binary tree: each inner node names the leaf with the earliest time below it, of equal ones the lowest. A
 * new time plays against one neighbour a level on its way up; whoever leads stays in registers, so that
 * the loads of one level do not wait for what the level below stored.
 */
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "sim.h"

struct tournament {
	tick *at;      /* by leaf; NEVER: not to be */
	uint16_t *win; /* by node: 1 is the root, the leaves begin at n */
	int n;         /* leaves, a power of two */
};

static inline void tournament_set(struct tournament *t, int leaf, tick at)
{
	uint64_t who = leaf;

	t->at[leaf] = at;
	for (uint32_t node = leaf + t->n; node > 1; node >>= 1) {
		uint64_t other = t->win[node ^ 1];
		tick theirs = t->at[other];
		/* Whose node is odd is on the right, and loses if they are equal; no time is 0. */
		uint64_t lost = -(uint64_t)(theirs - (node & 1) < at);

		/* Not a branch: which of two comes first is not to be predicted. */
		asm("" : "+r"(lost));
		at ^= (at ^ theirs) & lost;
		who ^= (who ^ other) & lost;
		t->win[node >> 1] = who;
	}
}

static inline int tournament_first(const struct tournament *t)
{
	return t->win[1];
}

/* For so many leaves; none of them is to be. */
static inline int tournament_make(struct tournament *t, int leaves)
{
	for (t->n = 2; t->n < leaves;)
		t->n *= 2;
	t->at = malloc(t->n * sizeof(*t->at));
	t->win = malloc(2 * t->n * sizeof(*t->win));
	if (!t->at || !t->win)
		return -ENOMEM;
	for (int i = 0; i < t->n; i++) {
		t->at[i] = NEVER;
		t->win[t->n + i] = i;
	}
	for (int i = t->n - 1; i > 0; i--)
		t->win[i] = t->win[2 * i];
	return 0;
}

static inline void tournament_free(struct tournament *t)
{
	free(t->win);
	free(t->at);
}
