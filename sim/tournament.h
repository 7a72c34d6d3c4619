/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tournament.h - which of a fixed set of sources is next
 *
 * A binary tree of times: each inner node has the earliest of those below it. A new time goes up as the minimum of
 * itself and one neighbour a level; the neighbours' places are known before, so that no load waits for another or for
 * what the level below has stored. Whose the time at the root is, the way down says: of equal ones the lowest.
 */
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "sim.h"

struct tournament {
	tick *at; /* by node: 1 is the root, the leaves begin at n; NEVER: not to be */
	int n;    /* leaves, a power of two */
	bool odd; /* its exponent */
};

static inline void tournament_set(struct tournament *t, int leaf, tick at)
{
	uint64_t node = t->n + leaf;

	t->at[node] = at;
	while (node > 1) {
		tick other = t->at[node ^ 1];

		at = other < at ? other : at;
		node >>= 1;
		t->at[node] = at;
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

/* Whose it is. Two levels at once, as each has to wait for the one before. */
static inline int tournament_first(const struct tournament *t)
{
	tick first = t->at[1];
	uint64_t node = 1, n = t->n;

	if (t->odd)
		node = 2 + (t->at[2] != first);
	while (node < n) {
		const tick *below = &t->at[4 * node];
		/* Not it, the one before neither, and so on: no branches, as who is first is not to be predicted. */
		uint64_t one = below[0] != first, two = one & (below[1] != first), three = two & (below[2] != first);

		node = 4 * node + one + two + three;
	}
	return node - n;
}

/* For so many leaves; none of them is to be. */
static inline int tournament_make(struct tournament *t, int leaves)
{
	t->odd = true;
	for (t->n = 2; t->n < leaves; t->n *= 2)
		t->odd = !t->odd;
	t->at = malloc(2 * t->n * sizeof(*t->at));
	if (!t->at)
		return -ENOMEM;
	for (int i = 0; i < 2 * t->n; i++)
		t->at[i] = NEVER;
	return 0;
}

static inline void tournament_free(struct tournament *t)
{
	free(t->at);
}
