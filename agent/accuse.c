// SPDX-License-Identifier: BSD-2-Clause
/*
 * accuse.c - whose word is enough to put a policy out of force?
 */
#include "accuse.h"

bool accuse(struct accusation *first, __u64 gen, uid_t uid, bool others)
{
	if (!uid || !others || (first->gen == gen && first->uid != uid))
		return true;
	*first = (struct accusation){ gen, uid };
	return false;
}
