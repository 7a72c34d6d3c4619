/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pick.h - the interface that a command is for
 */
#pragma once

#include "ctl.h"

/* --dev, or the only one that is loaded. It is loaded, ABI and all. */
int pick_loaded(struct ctl *ctl);
/* The same and an exclusive lock, with what was picked still
 * loaded: a descriptor for pindir_unlock(), or -errno. */
int pick_locked(struct ctl *ctl);
