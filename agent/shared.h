/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shared.h - what a shuntd that shares memory with its workers remembers: the policy in force, and
 * what follows; its role makes it, others use it
 */
#pragma once

#include "agent.h"
#include "judge.h"
#include "plan.h"
#include "wake.h"

/* The policy in force, as it is handed out. */
struct policy {
	int fd;            /* sealed memfd with the native code; -1: none */
	__u64 hash;        /* of that code */
	struct shunt_msg_policy msg;
};

struct shared {
	struct policy policy;
	struct condemned condemned;
	struct planner planner;
	struct load *load;
	__u64 read_ns;               /* next look at what shunt and bpftool write */
	bool quanta;                 /* a class has a quantum */
	__u64 announce_ns;           /* a core came up: when rpcbind is to be told; 0: it was */
	unsigned int announce_tries; /* that are left */
	struct wake wake;
	struct seats *seats;         /* NULL: no domains share CPUs as seats */
	struct publisher *publisher; /* NULL: there is no card */
	int aim_fd;                  /* the program that says whom XDP signals; negative: none */
	__u32 aimed[SHUNT_DOMAINS][SHUNT_CORES]; /* the threads that it was told of */
};

static inline struct shared *shared_of(const struct agent *a)
{
	return a->own;
}

/* policy.c: reads what the loader wrote, if it moved. True: there is a policy. */
bool policy_refresh(struct agent *a);
void policy_forget(struct policy *p);
/* policy.c: sends it, if the peer does not have it. -errno: nobody listens. */
int policy_send(struct agent *a, struct peer *p);

/* aim.c: at each tick, whom XDP signals; and when the maps go away. */
void aim_tick(struct agent *a);
void aim_forget(struct agent *a);
