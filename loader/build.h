/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.h - from a policy's source to its bundle
 */
#pragma once

#include <stddef.h>

#include "bundle/bundle.h"
#include "ctl.h"

/* Compiles source and reads the bundle, which checks it; saves it as out unless that is NULL. */
int build_bundle(struct ctl *ctl, const char *source, const char *out, struct bundle *b);
