/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loaded.h - is what is loaded ours to serve?
 */
#pragma once

#include <stdbool.h>

struct agent;
struct why;

/* Opens the pinned maps, if they are our interface's, no other shuntd serves them, and they are
 * loaded as a NIC's port, or are not. 0; -EBUSY: another shuntd serves them; or -errno; why says it
 * in words. */
int loaded_open(struct agent *a, bool nic, struct why *why);
/* Are they still the pinned ones? False, with the reason in why. */
bool loaded_current(struct agent *a, struct why *why);
