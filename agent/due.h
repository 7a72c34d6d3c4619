/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * due.h - when the agent must look again, by what it waits for
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;

#define DUE_SOON_NS 10000000ULL     /* something is under way that nobody tells of */
#define DUE_LIMIT_NS 100000000ULL   /* a limit of seconds may be over */
#define DUE_LEISURE_NS 600000000ULL /* nothing is: well below two turns a second */

#define DUE_SLACK_NS 1000000ULL     /* what is due so soon is done now, too */
/* Two timers would wake twice: what can wait is done at the first tick behind this time. */
#define DUE_SELDOM_NS 2000000000ULL

/* The time from one tick to the next, as things are now. */
__u64 due_pace(const struct agent *a);
/* The next turn of the loop, unless something comes before. */
__u64 due_next(const struct agent *a);
/* Is there a domain that must be made? */
bool due_make(const struct agent *a);
