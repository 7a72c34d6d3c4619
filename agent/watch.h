/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h - requests that run for too long
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;
struct domain;

/* Does the configuration want running requests to be watched? */
bool watch_wanted(const struct agent *a);
/* Looks at each domain that has a worker, as often as the configuration says, or less often while
 * no request is over its quantum. look: true, if there is one. */
void watch_running(struct agent *a, bool (*look)(struct agent *a, struct domain *d));
/* Marks running requests that are over their quantum while
 * others wait, and signals those that heed no mark. */
bool watch_marks(struct agent *a, struct domain *d);
/* A signal to the thread of that core, once for each request. */
void watch_signal(struct agent *a, struct domain *d, __u32 core, __u64 id);
