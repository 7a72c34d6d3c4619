/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.h - from a policy's source to its bundle
 */
#pragma once

#include <stddef.h>

#include "bundle/bundle.h"
#include "ctl.h"

/* Programs besides that of a host whose workers share memory, and native code, which any bundle
 * has. */
enum build_parts { BUILD_NIC = 1, BUILD_THREADS = 2, BUILD_ALL = BUILD_NIC | BUILD_THREADS };

/* Compiles source and reads the bundle, which checks it; saves it as out unless that is NULL. */
int build_bundle(struct ctl *ctl, const char *source, unsigned int parts, const char *out,
		 struct bundle *b);
