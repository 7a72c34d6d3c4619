/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - a policy that stalls a core or ends a worker is
 * put out of force, and the one of before put back
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#include "accuse.h"

struct agent;
struct why;

/* The policy that is to be put out of force, and how far that is. */
struct condemned {
	struct shunt_refused entry; /* entry.hash = 0: none */
	bool told;       /* that it cannot be done */
	struct accusation first;
	__u64 doubted;   /* generation in which a worker died for a
			  * reason that this kernel does not tell */
};

/* In each turn: decides on what was noted, and does what follows. */
void judge_turn(struct agent *a);
/* Is there something to be decided, or to be done? */
bool judge_goes_on(const struct agent *a);

/* putback.c: the policy of before in force again. 1: done,
 * 0: later, or -errno with the reason in why. */
int putback(struct agent *a, struct why *why);
/* putback.c: notes the policy as refused; 0, or -errno: not now. */
int putback_refuse(struct agent *a, const struct shunt_refused *entry);
