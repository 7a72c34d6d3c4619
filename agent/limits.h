/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * limits.h - what RLIMIT_NOFILE allows: open files, and
 * descriptors in messages that nobody has read yet
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct agent;
struct domain;
struct shunt_geometry;
struct why;

/* The most that one worker is given at once: memory, view, sockets, policy, seats. */
unsigned int limits_given(const struct agent *a, const struct domain *d);
/* The most that one worker of any domain that is made is given at once. */
unsigned int limits_most_given(const struct agent *a);
/* Descriptors that may be under way to workers. The kernel counts them against root, whose they
 * are; the other half is the keeper's, and other processes' of root. */
unsigned int limits_under_way(void);

/* May the domain, with that many sockets, be made, and all
 * that are made be served? Else the reason in why. */
bool limits_allow(const struct agent *a, const struct domain *d, unsigned int sockets,
		  struct why *why);
/* Can as many users as are let in get their first descriptors
 * at once, even if none reads them? Else the reason in why. */
bool limits_allow_users(const struct agent *a, struct why *why);
/* How many connections may there be that are no worker's? */
unsigned int limits_strangers(const struct agent *a);

/* Counts the users that are let in by name (root, --user, a domain's
 * `user`), except one. counts: NULL, or only users for which it is true. */
unsigned int limits_users(const struct agent *a, uid_t but,
			  bool (*counts)(const struct agent *a, uid_t uid));
/* Is the user one of those let in? */
bool limits_knows(const struct agent *a, uid_t uid);
