/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forbid.h - rules for policies that no compiler enforces, checked in the instructions
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"

/* Reads a bundle, as bundle_read() does, and refuses it for what its instructions do. */
int bundle_of_file(struct ctl *ctl, const char *path, const char *name, struct bundle *b);
