/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suspect.h - what speaks against a policy: a core that it stalls, a worker that died in it
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

struct domain;

/* The evidence against the policy in a domain; why = 0: there is none. */
struct suspect {
	__u32 why;    /* enum shunt_refusal */
	__u32 op;     /* enum shunt_ask_op */
	__u32 core;
	__u32 pid;
	__u32 gen;    /* as many bits of it as the core's line had */
	int pidfd;    /* FAULT: of the dead process, until it is known what it died of */
	__u64 since_ns;
};

/* The core is silent. Was it in a function of the policy? */
bool suspect_silent(struct domain *d, __u32 core, __u64 now_ns);
/* The worker is dead, and its pidfd still ours. Was a core in a function of the policy? */
void suspect_dead(struct domain *d, __u64 now_ns);
