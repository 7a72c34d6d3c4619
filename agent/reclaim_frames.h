/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reclaim_frames.h - which frames a worker had, and those that the kernel may have kept aside
 */
#pragma once

#include "frames.h"
#include "ledger_read.h"

struct domain;

/* Two looks at the rings, each after all XDP programs have ended that were under way before. 0,
 * -ENOMEM, or -errno: the rings make no sense. */
int reclaim_find_frames(struct domain *d, struct harvest *h);
/* By the ledger, for the next worker of those cores: -ENOMEM,
 * or -EBADMSG: the worker has named what it cannot have had. */
int reclaim_by_ledger(struct domain *d, const struct ledger_dead *dead);
/* What the ledger of the dead does not name, or names though it is in a ring, is told. */
void reclaim_compare(const struct domain *d, const struct harvest *h);
/* Takes what cannot be the kernel's into the list, and notes the rest for later … */
void reclaim_keep(struct domain *d, struct harvest *h);
/* … which is when the kernel has taken another one from a
 * fill ring: it is given those that it has not got. */
void reclaim_kept(struct domain *d);
