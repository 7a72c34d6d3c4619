/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.h - from a policy's source to its bundle
 */
#pragma once

#include <stddef.h>

#include "bundle.h"

/* The directory of this program's file. */
int build_exe_dir(char *out, size_t len);
/* Compiles source and reads the bundle, which checks it; saves it as out unless that is NULL. */
int build_bundle(struct ctl *ctl, const char *source, const char *out, struct bundle *b);
