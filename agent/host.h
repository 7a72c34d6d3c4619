/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - shuntd on a host whose NIC schedules: virtual functions in place of a receive queue
 *
 * There are no pins: the configuration is the NIC's. One program and its maps serve all functions; memory
 * and sockets are made anew for each worker, so nothing has to be found again after a death: whatever a dead
 * worker had, the NIC counts.
 */
#pragma once

#include "agent.h"

/* Program and maps, from the store or anew; fills a->maps with what the rest of the agent looks at there. */
int host_begin(struct agent *a, char *why, size_t len);
/* Are the interfaces still those of host_begin()? */
bool host_current(const struct agent *a);
void host_end(struct agent *a);

/* In place of domain_adopt(), domain_make() and the burial. */
bool host_adopt(struct agent *a, struct domain *d);
int host_make(struct agent *a, struct domain *d);
int host_put_sockets(struct agent *a, struct domain *d);
void host_bury(struct agent *a, struct domain *d);

/* What goes before WELCOME. */
int host_tell(struct agent *a, struct peer *p);
/* Signals for those that heed no mark. */
void host_watch(struct agent *a, struct domain *d);
