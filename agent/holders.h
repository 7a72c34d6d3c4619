/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holders.h - which process keeps a queue in use that a domain needs
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct domain;
struct kin;

/* Session, start, name and user of the domain's worker, which its children share. Read them before
 * the worker is given anything: it may end right after that, and /proc tells no more. */
struct kin holders_kin(const struct domain *d);
/* Looks for a process that may be a child of the last worker, at some processes each time. True:
 * d->former.holder. False, and d->former.sought: there is none. */
bool holders_find(struct domain *d, __u64 now_ns);
