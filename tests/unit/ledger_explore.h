/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_explore.h - all interleavings of the stores of a few cores, each state checked once
 */
#pragma once

#include "ledger_world.h"

struct arrival {
	uint32_t slot, cls;
};

struct scenario {
	struct arrival arrive[RING];
	unsigned int n;
	const char *script[CORES];
	const char *slots; /* of each core its process's; NULL: there is one */
};

/* All its interleavings, where the indexes of rings start at "at". */
void explore_at(const struct scenario *s, uint32_t at);
/* The same from 0, and with indexes that start anew on the way. */
void explore(const struct scenario *s);

/* Of the group of tests that explore. */
int explore_set_up(void **state);
int explore_tear_down(void **state);
