/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - the bundle of a policy, as the user names it
 */
#pragma once

#include "build.h"
#include "bundle/bundle.h"
#include "ctl.h"

/* The parts that such a configuration loads. */
unsigned int policy_parts(const struct shunt_cfg *cfg);
/* Finds the built-in policy of that name, or takes the file (FILE.shunt, FILE.o), or compiles it
 * (FILE.c) with these parts (enum build_parts); reads and checks it. */
int policy_bundle(struct ctl *ctl, const char *policy, unsigned int parts, struct bundle *b);
