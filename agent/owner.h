/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h - which domains a process may have, and whose they were
 */
#pragma once

#include "agent.h"

/* Is the domain for the peer's user, or for whoever may be a worker? */
bool owner_may_have(const struct agent *a, const struct peer *p, __u32 domain);
/* Is there a domain for that user alone? */
bool owner_has_domain(const struct agent *a, uid_t uid);
/* Has no other user's worker had what the domain would be given now? Else it is made anew: not yet. */
bool owner_ready(struct agent *a, const struct peer *p, struct domain *d);
