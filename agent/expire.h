/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expire.h - requests that waited too long while no core was up
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct domain;

/* The domain's last core went off: what lies in the cores' rings without a time of its own came
 * before this. */
void expire_note(struct domain *d);
/* Ends what waited longer than the configuration says. Only while the domain is free: its rings are
 * the agent's alone. */
void expire_old(struct domain *d, __u64 now_ns);
/* Ends the step in which an agent died: before anything else becomes of the domain. */
void expire_finish(struct domain *d);
/* As expire_old(); and the requests left get a time, so
 * that a worker that is slow to begin can tell their age. */
void expire_before_worker(struct domain *d, __u64 now_ns);
/* The domain's worker lives, and none of its cores serves:
 * should one go on, it ends what is too old by then. */
void expire_while_none_serves(struct domain *d, __u64 now_ns);
/* Is there something that the two above must see to soon? */
bool expire_goes_on(const struct domain *d);
/* Cores come up where none was: what is too old by now is not to be served. */
void expire_serve(struct domain *d);
