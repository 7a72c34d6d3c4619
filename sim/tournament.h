/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tournament.h - which of a fixed set of sources is next
 *
 * A binary tree: each inner node has the earliest time of the leaves below it and which of them has
 * it, of equal ones the lowest. A new time plays against one neighbour a level on its way up;
 * the leader stays in registers, and the neighbours' places are known before, so that no load waits
 * for another load or for a store of the level below.
 */
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "sim.h"

struct tournament {
	tick *at;      /* by node: 1 is the root, the leaves begin at n; NEVER: not to be */
	uint16_t *win; /* by node: the leaf whose time it is */
	int n;         /* leaves, a power of two */
};

static inline void tournament_set(struct tournament *t, int leaf, tick at)
{
	tick *time = t->at;
	uint16_t *win = t->win;
	uint64_t node = t->n + leaf, who = leaf;

	time[node] = at;
	while (node > 1) {
		tick theirs = time[node ^ 1];
		uint64_t other = win[node ^ 1];
		/* An odd node is on the right, and loses if the times are equal. */
		tick mine = at + (node & 1);
		uint64_t lost = -(uint64_t)(theirs < mine);

		/* Not a branch: which of two comes first is not to be predicted. */
		asm("" : "+r"(lost));
		at = theirs < mine ? theirs : at;
		who ^= (who ^ other) & lost;
		node >>= 1;
		time[node] = at;
		win[node] = who;
	}
}

static inline tick tournament_at(const struct tournament *t, int leaf)
{
	return t->at[t->n + leaf];
}

/* The earliest time. */
static inline tick tournament_time(const struct tournament *t)
{
	return t->at[1];
}

/* The leaf with the earliest time. */
static inline int tournament_first(const struct tournament *t)
{
	return t->win[1];
}

/* For so many leaves; none of them is to be. */
static inline int tournament_make(struct tournament *t, int leaves)
{
	for (t->n = 2; t->n < leaves;)
		t->n *= 2;
	t->at = malloc(2 * t->n * sizeof(*t->at));
	t->win = malloc(2 * t->n * sizeof(*t->win));
	if (!t->at || !t->win)
		return -ENOMEM;
	for (int i = 0; i < 2 * t->n; i++)
		t->at[i] = NEVER;
	for (int i = 0; i < t->n; i++)
		t->win[t->n + i] = i;
	for (int i = t->n - 1; i > 0; i--)
		t->win[i] = t->win[2 * i];
	return 0;
}

static inline void tournament_free(struct tournament *t)
{
	free(t->win);
	free(t->at);
}
