/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loaded.h - is what is loaded ours to serve?
 */
#pragma once

#include "agent.h"

/* Opens the maps: pinned ones, which are our interface's and that no other shuntd serves, or on a
 * host its own. 0; -EBUSY: another shuntd serves them; or -errno; why says it in words. */
int loaded_open(struct agent *a, char *why, size_t len);
