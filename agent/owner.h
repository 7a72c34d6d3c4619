/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h - which domains a process may have, and whose they were
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

struct agent;
struct domain;
struct peer;

/* Is the domain for the peer's user, or for whoever may be a worker? */
bool owner_may_have(const struct agent *a, const struct peer *p, __u32 domain);
/* Is there a domain for that user alone? */
bool owner_has_domain(const struct agent *a, uid_t uid);
/* Puts into text, for a worker to print, why the peer
 * may not have the domain that it named, and what helps. */
void owner_explain_domain(const struct agent *a, const struct peer *p, __u32 domain, char *text,
			  size_t len);
/* Likewise: why a peer that named no domain gets none,
 * and none that it may have is about to be free. */
void owner_explain_none(const struct agent *a, const struct peer *p, char *text, size_t len);
/* Likewise: what a peer waits for whose domain is not ready. */
void owner_explain(const struct agent *a, const struct peer *p, char *text, size_t len);
/* Likewise: why the user may have no domain at all. Returns the error that goes with the reason. */
int owner_explain_stranger(const struct agent *a, uid_t uid, char *text, size_t len);
/* Has no other user's worker had what the domain would be
 * given now? Else it is made anew: not yet. */
bool owner_ready(struct agent *a, struct peer *p, struct domain *d);
