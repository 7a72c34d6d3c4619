/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched_policy.h - the policy's native code in this process, which decides about threads
 */
#pragma once

#include <shunt/native.h>

#include "why.h"

struct sched_policy {
	void *handle; /* NULL: none */
	SHUNT_POLICY_FNS;
};

/* 0, or -errno with the reason in why. */
int sched_policy_open(struct sched_policy *p, const struct shunt_policy_slot *slot,
		      struct why *why);
void sched_policy_close(struct sched_policy *p);
