/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forbid.h - what a policy may not do though every compiler takes it, found in its instructions
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"

/* Reads a bundle, as bundle_read() does, and refuses it for what its instructions do. */
int bundle_of_file(struct ctl *ctl, const char *path, const char *name, struct bundle *b);
