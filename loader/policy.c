// SPDX-License-Identifier: BSD-2-Clause
/*
 * policy.c - the bundle of a policy, as the user names it:
 * built-in, a file, or a source that is compiled
 */
#include <limits.h>

#include "forbid.h"
#include "policy.h"

unsigned int policy_parts(const struct shunt_cfg *cfg)
{
	return cfg->flags & SHUNT_CFG_WIRE ? BUILD_NIC : 0;
}

int policy_bundle(struct ctl *ctl, const char *policy, unsigned int parts, struct bundle *b)
{
	char path[PATH_MAX];
	int err;

	if (bundle_is_source(policy))
		return build_bundle(ctl, policy, parts, NULL, b);
	if (bundle_is_file(policy))
		return bundle_of_file(ctl, policy, policy, b);
	err = bundle_find(&ctl->why, policy, path, sizeof(path));
	return err ? err : bundle_of_file(ctl, path, path, b);
}
