/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clash.h - a name that both a policy and shunt's own programs give
 */
#pragma once

#include <stdbool.h>

struct clash {
	char name[64];
	char file[64]; /* of shunt's */
};

/* By what the compiler said, in which the policy's file is called "source". */
bool clash_find(const char *said, const char *source, struct clash *c);
