/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.h - policy slots, and the policy's program before an interface's packets
 */
#pragma once

#include "object.h"
#include "way.h"

/* Writes the slot of generation gen, pins its programs and clears what its policy has
 * in the views; no program reads the slot until the link or cfg.policy_gen says so. */
int slot_write(struct ctl *ctl, const struct bundle *b, const struct object *o, __u64 gen);
/* Puts o's program before the interface's packets, and pins what keeps it there. */
int attach_new(struct ctl *ctl, const struct way *way, const struct object *o);
/* Makes the attached program o's, in one step: no packet meets none. */
int attach_update(struct ctl *ctl, const struct object *o);
