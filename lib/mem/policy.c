// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the policies of memory, by name
 */
#include <stddef.h>
#include <string.h>

#include "policy.h"

static const struct mem_policy *const policies[] = { &mem_threshold, &mem_sol };
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

const struct mem_policy *mem_policy_find(const char *name)
{
	for (size_t i = 0; i < POLICIES; i++) {
		if (!strcmp(policies[i]->name, name))
			return policies[i];
	}
	return NULL;
}

const char *mem_policy_name(unsigned int number)
{
	return number < POLICIES ? policies[number]->name : NULL;
}
