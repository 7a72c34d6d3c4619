/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pick.h - the interface that a command is for
 */
#pragma once

#include "ctl.h"

/* Picks the interface: --dev, or the only one that
 * is loaded. Fails unless it is loaded, by this ABI. */
int pick_loaded(struct ctl *ctl);
/* As pick_loaded(), and takes an exclusive lock, under which the
 * load is still there: a descriptor for pindir_unlock(), or -errno. */
int pick_locked(struct ctl *ctl);
