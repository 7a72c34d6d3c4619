/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attach.h - policy slots and the bpf_link that makes a program the interface's
 */
#pragma once

#include "object.h"

/* Writes the slot of generation gen, pins its programs and clears what its policy has
 * in the views; no program reads the slot until the link or cfg.policy_gen says so. */
int slot_write(struct ctl *ctl, const struct bundle *b, const struct object *o, __u64 gen);
/* Fails if another XDP program is on the interface; shunt's own (own_prog) does not count. */
int attach_check(struct ctl *ctl, unsigned int own_prog);
/* Attaches in native mode and pins the link. */
int attach_new(struct ctl *ctl, const struct object *o);
/* Makes the attached program o's, in one step: no packet meets none. */
int attach_update(struct ctl *ctl, const struct object *o);
