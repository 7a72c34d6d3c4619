/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - the bundle of a policy, as the user names it
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"

/* Finds the built-in policy of that name, or takes the file (FILE.shunt,
 * FILE.o), or compiles it (FILE.c); reads and checks it. */
int policy_bundle(struct ctl *ctl, const char *policy, struct bundle *b);
