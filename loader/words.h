/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h - KEY=VALUE arguments of verbs
 */
#pragma once

#include "ctl.h"

/* values[i] becomes the value of keys[i], or stays NULL. A key is not abbreviated, as a verb is:
 * the next release may have another one that begins so. Modifies args. */
int words_parse(struct ctl *ctl, int argc, char **args, const char *const *keys,
		const char **values, int n);
