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
/* Gives frames by the ledger to the next worker of the dead cores. -ENOMEM,
 * or -EBADMSG: the worker has named frames that it cannot have had. */
int reclaim_by_ledger(struct domain *d, const struct ledger_dead *dead);
/* Logs how many frames only the rings, and how many only the ledger, say were the dead worker's. */
void reclaim_compare(const struct domain *d, const struct harvest *h);
/* Takes what cannot be the kernel's into the list,
 * and notes the other frames for reclaim_kept(). */
void reclaim_keep(struct domain *d, struct harvest *h);
/* Once the kernel has taken another frame from a fill
 * ring: gives it the noted frames that it does not have. */
void reclaim_kept(struct domain *d);
