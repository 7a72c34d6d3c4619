/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * candidate.h - can what a shuntd has be taken over?
 */
#pragma once

#include <stdbool.h>

#include "maps.h"

struct options;
struct store;
struct why;

/* The load there is to serve, for which domains must have been made. */
struct load_seen {
	bool on;      /* there is one */
	__u32 map_id;
	unsigned int ifindex;
	struct maps m; /* those that are pinned; on a host, closed */
};

/* Can we use what is in the store? Where that is not so, whole domains are dropped if
 * prune, or it is -errno, with the reason in why. -EAGAIN: a domain is not finished. */
int candidate_check(const struct options *o, struct store *s, bool prune, struct why *why);
/* Reads the maps that 'shunt load' has pinned, for roles that serve these. 0, or -errno: the shuntd
 * of the store serves others. */
int candidate_look(const struct options *o, const struct store *s, struct load_seen *l,
		   struct why *why);
