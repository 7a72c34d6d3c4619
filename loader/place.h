/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - whose interface the pins are: pins go by a name, and each network namespace may have it
 */
#pragma once

#include "ctl.h"

/* Writes into cfg that it is our interface's. */
int place_note(struct ctl *ctl, struct shunt_cfg *cfg);
/* Is the load that of the interface that has the name here? 0, or failed with the way to it. */
int place_check(struct ctl *ctl);
/* As place_check(), before a load is removed that may be half a one, or of any ABI. */
int place_check_unload(struct ctl *ctl);
/* Fails if the pins are those of another interface of this namespace, of this number. */
int place_check_twin(struct ctl *ctl, unsigned int ifindex);
/* Fails: another network namespace has the name, and its pins are where ours would be. */
int place_taken(struct ctl *ctl);
/* Is the load in another network namespace? Notes no failure. */
bool place_elsewhere(struct ctl *ctl);
