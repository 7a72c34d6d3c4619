// SPDX-License-Identifier: BSD-2-Clause
/*
 * accuse.c - which users' evidence is enough to put a policy out of force?
 */
#include "accuse.h"

/* The users that may have a domain without `user:`; a group has any number of them. */
static bool lets_in_others(uid_t uid, const struct let_in *in)
{
	for (unsigned int i = 0; i < in->nusers; i++) {
		if (in->user[i] != uid)
			return true;
	}
	return in->ngroups || !in->nusers; /* without any, such a domain is root's */
}

bool accuse_concerns_others(uid_t uid, const struct claim *claim, unsigned int n,
			    const struct let_in *in)
{
	for (unsigned int i = 0; i < n; i++) {
		__u32 whose = claim[i].worker ? claim[i].worker : claim[i].only;

		if (whose ? whose != uid + 1 : lets_in_others(uid, in))
			return true;
	}
	return false;
}

bool accuse(struct accusation *first, __u64 gen, uid_t uid, bool others)
{
	if (!uid || !others || (first->gen == gen && first->uid != uid))
		return true;
	*first = (struct accusation){ gen, uid };
	return false;
}
