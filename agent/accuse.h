/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accuse.h - whose word is enough to put a policy out of force?
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

/* The first word against a policy that was not enough. */
struct accusation {
	__u64 gen; /* 0: there is none */
	uid_t uid;
};

/*
 * What speaks against a policy is in memory that a worker writes, and a policy is in force for all
 * workers of the interface. So the word of one user's worker is enough where no other user has one,
 * and root's always is; else a worker of a second user has to say the same of the same generation.
 */
bool accuse(struct accusation *first, __u64 gen, uid_t uid, bool others);
