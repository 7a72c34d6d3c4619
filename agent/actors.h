/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actors.h - the requests of actors that the agent ends
 *
 * Counts are added up in the state first, as those of classes are: adding again changes nothing.
 */
#pragma once

#include "domain.h"

struct verdict;

/* The memory in which the domain's cores count their actors is where ledger_read() looks. */
void actors_show(struct domain *d);
/* The sums that are to be, and then the sums themselves. */
void actors_decide(struct domain *d, const struct verdict *v);
void actors_count(const struct domain *d);
/* The same for a request that is about to expire in a ring, and then for all such. */
void actors_expire(const struct domain *d, const struct shunt_meta *m, struct expiring *e);
void actors_expired(const struct domain *d, const struct expiring *e);
