/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - shuntd on a host whose NIC schedules: virtual functions in place of a receive queue
 *
 * There are no pins: the configuration is the NIC's. One program and its maps serve all functions;
 * memory and sockets are made anew for each worker, so nothing has to be found again after a death:
 * whatever a dead worker had, the NIC counts.
 */
#pragma once

#include "agent.h"
#include "hello.h"

struct host {
	struct hello *hello; /* NULL: the interfaces are not there */
	__u32 user;          /* whose workers have had the program's view, + 1; 0: nobody's */
	bool renew;          /* another user's worker waits for another program */
};

static inline struct host *host_of(const struct agent *a)
{
	return a->own;
}

/* Program and maps, from the store or anew; fills a->maps
 * with what the rest of the agent looks at there. */
int host_begin(struct agent *a, struct why *why);
/* Are the interfaces still those of host_begin()? */
bool host_current(const struct agent *a);
void host_end(struct agent *a);

/* See role.h. */
bool host_geometry(const struct agent *a, __u32 domain, struct shunt_geometry *g);
int host_make(struct agent *a, struct domain *d, const struct shunt_geometry *g);
bool host_adopt(struct agent *a, struct domain *d);
int host_put_sockets(struct agent *a, struct domain *d);
