/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holes.h - frames that a worker took away from the kernel by punching holes into their memfd
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct domain;

/* The frames are new, or were taken over from an agent of before; they are the kernel's already. */
void holes_begin(struct domain *d);
void holes_take_over(struct domain *d);
void holes_unwatch(struct domain *d);
bool holes_found(struct domain *d);
/* Bad frames that workers counted so far. Workers may write any
 * number here; a wrong one costs their own domain its service. */
__u64 holes_bad_frames(const struct domain *d);
