// SPDX-License-Identifier: BSD-2-Clause
/*
 * words.c - KEY=VALUE arguments of verbs
 */
#include <errno.h>
#include <string.h>

#include "words.h"

int words_parse(struct ctl *ctl, int argc, char **args, const char *const *keys,
		const char **values, int n)
{
	for (int i = 0; i < argc; i++) {
		char *equals = strchr(args[i], '=');
		int key;

		if (!equals)
			return fail_usage(ctl, "'%s' is not KEY=VALUE", args[i]);
		*equals = '\0';
		key = pick_word(ctl, "key", args[i], keys, n);
		if (key < 0)
			return -EINVAL;
		if (strcmp(args[i], keys[key]))
			return fail_usage(ctl, "'%s' is no key: write '%s=%s'", args[i], keys[key],
					  equals + 1);
		if (values[key])
			return fail_usage(ctl, "'%s' is said twice", keys[key]);
		values[key] = equals + 1;
	}
	return 0;
}
