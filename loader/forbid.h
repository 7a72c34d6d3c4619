/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forbid.h - what a policy may not do though every compiler takes it, found in its instructions
 */
#pragma once

#include "bundle.h"

int forbid_check(struct ctl *ctl, const struct bundle *b);
