/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * place.h - whose interface the pins are: pins go by a name, and each network namespace may have it
 */
#pragma once

#include "ctl.h"

/* Writes into cfg that it is our interface's. */
int place_note(struct ctl *ctl, struct shunt_cfg *cfg);
/* Is what is loaded that of the interface that has the name
 * here? 0, or failed with the way to it. */
int place_check(struct ctl *ctl);
/* The same for what may be of any ABI, or half a load, and is to be removed. */
int place_check_unload(struct ctl *ctl);
/* Is the interface of that number another one, of this namespace,
 * whose pins are where ours would be? Then it failed. */
int place_check_twin(struct ctl *ctl, unsigned int ifindex);
/* Fails: another network namespace has the name, and its pins are where ours would be. */
int place_taken(struct ctl *ctl);
/* Without a failure noted: is what is loaded in another network namespace? */
bool place_elsewhere(struct ctl *ctl);
