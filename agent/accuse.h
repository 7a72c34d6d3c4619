/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accuse.h - which users' evidence is enough to put a policy out of force?
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

/* The users of a domain: the one that has it, the one it is for; each + 1, or 0. */
struct claim {
	__u32 worker; /* 0: it has no worker */
	__u32 only;   /* the configuration's `user`; 0: for whomever shuntd lets in */
};

/* The users and groups that shuntd lets in. */
struct let_in {
	const uid_t *user;
	unsigned int nusers, ngroups;
};

/* Can workers of other users have the policy in
 * force, now or later? claim: of the other domains. */
bool accuse_concerns_others(uid_t uid, const struct claim *claim, unsigned int n,
			    const struct let_in *in);

/*
 * The evidence against a policy is in memory that a worker writes, and a policy is in force for all
 * workers of the interface. So one user's worker is believed if no other user has one, and root's
 * always; else a worker of a second user has to say the same of the same generation.
 */
bool accuse(struct accusation *first, __u64 gen, uid_t uid, bool others);
