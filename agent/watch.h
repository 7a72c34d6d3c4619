/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h - requests that run for too long
 */
#pragma once

#include <linux/types.h>

struct agent;
struct domain;

/* As often as the configuration says, looks at each domain that has a worker. */
void watch_running(struct agent *a, void (*look)(struct agent *a, struct domain *d));
/* Marks running requests that are over their quantum while
 * others wait, and signals those that heed no mark. */
void watch_marks(struct agent *a, struct domain *d);
/* A signal to the thread of that core, once for each request. */
void watch_signal(struct agent *a, struct domain *d, __u32 core, __u64 id);
