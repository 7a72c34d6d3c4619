// SPDX-License-Identifier: BSD-2-Clause
/*
 * role.c - the table of roles
 */
#include <string.h>

#include "role.h"

static const struct role *const roles[] = { &role_shared, &role_nic, &role_host,
					     &role_sched };

const struct role *role_find(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (!strcmp(roles[i]->name, name))
			return roles[i];
	}
	return NULL;
}
