/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_name.h - names that stand in tables and in JSON as they are
 */
#pragma once

#include <stdbool.h>

#define PLAIN_NAME "no quotes, backslashes or control characters"

static inline bool is_plain_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		if ((unsigned char)*name < ' ' || *name == 0x7f || *name == '"' || *name == '\\')
			return false;
	}
	return true;
}
