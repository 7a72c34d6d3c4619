/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * successor.h - taking the place of a shuntd, or ending one
 */
#pragma once

#include "agent.h"

/* The load there is to serve, for which domains must have been made. */
struct load_seen {
	bool on;      /* there is one */
	__u32 map_id;
	unsigned int ifindex;
	struct maps m; /* those that are pinned; on a host, closed */
};

/* If one serves at our socket (and --replace is given), or keeps what it had for the next one:
 * takes its descriptors into the store, which is empty; 1: then it is quiet, and *trial is the
 * connection to it. 0: there is none. -errno: told why not, and it goes on as before. */
int successor_take(const struct options *o, struct store **s, int *trial);

/* Has the shuntd at our socket give everything up. An exit status. */
int successor_end(const struct options *o);

/* candidate.c: can we use what is in the store? Where that is not so, whole domains are dropped if
 * prune, or it is -errno, with the reason in why. -EAGAIN: a domain is not finished. */
int candidate_check(const struct options *o, struct store *s, bool prune, struct why *why);
/* candidate.c: what 'shunt load' has pinned, for roles that serve that. 0, or -errno: it is not
 * what the store's shuntd serves. */
int candidate_look(const struct options *o, const struct store *s, struct load_seen *l,
		   struct why *why);
