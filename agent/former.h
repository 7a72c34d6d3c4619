/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * former.h - the worker that had the rings of before: the queue is in use until it has let go of them
 */
#pragma once

#include "agent.h"

/* Remembers it; pidfd is copied. user: whose it is, + 1; left: it had said goodbye. */
void former_is(struct domain *d, int pidfd, __u32 user, bool left);
void former_forget(struct domain *d);
/* May new rings be made? They must not be counted while it may still end requests of the old ones. */
bool former_is_gone(const struct domain *d, __u64 now_ns);
/* It was told to leave, has not said that it did, and nobody can serve while it holds the queue: after drain_ms it is killed. */
void former_end(struct domain *d, __u32 drain_ms, __u64 now_ns);
/* The queue is in use: by whom, as far as we know, and what helps. */
void former_explain(const struct agent *a, struct domain *d, char *why, size_t len);
