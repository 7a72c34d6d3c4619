/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suspect.h - a policy that stalls a core or ends a worker: found, put out of force, the one of
 * before put back
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#include "accuse.h"

struct agent;
struct domain;

/* The evidence against the policy in a domain; why = 0: there is none. */
struct suspect {
	__u32 why;    /* enum shunt_refusal */
	__u32 op;     /* enum shunt_ask_op */
	__u32 core;
	__u32 pid;
	__u32 gen;    /* as many bits of it as the core's line had */
	int pidfd;    /* FAULT: of the dead process, until it is known what of */
	__u64 since_ns;
};

/* The policy that is to be put out of force, and how far that is. */
struct condemned {
	struct shunt_refused entry; /* entry.hash = 0: none */
	bool told;       /* that it cannot be done */
	struct accusation first;
	__u64 doubted;   /* generation in which a worker died for a reason that this kernel does not tell */
};

/* The core is silent. Was it in a function of the policy? */
bool suspect_silent(struct domain *d, __u32 core, __u64 now_ns);
/* The worker is dead, and its pidfd still ours. Was a core in a function of the policy? */
void suspect_dead(struct domain *d, __u64 now_ns);

/* In each turn: decides on what was noted, and does what follows. */
void suspect_turn(struct agent *a);

/* putback.c: the policy of before in force again. 1: done, 0: later, or -errno with the reason in why. */
int putback(struct agent *a, char *why, size_t len);
/* putback.c: notes the policy as refused; 0, or -errno: not now. */
int putback_refuse(struct agent *a, const struct shunt_refused *entry);
