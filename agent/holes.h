/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holes.h - frames that a worker took away from the kernel by punching holes into their memfd
 */
#pragma once

#include "domain.h"

struct agent;

#define HOLES_NS 500000000ULL /* between two looks */

/* The frames are new, or were taken over from an agent of before; they are the kernel's already. */
void holes_begin(struct domain *d);
void holes_take_over(struct domain *d);
void holes_unwatch(struct domain *d);
bool holes_found(struct domain *d);

/* Now and then: domains whose frames have holes get new ones. */
void holes_check(struct agent *a);
