// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_tools.c - findings about the programs that 'shunt build' runs; bundles load without them
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* Is the program in PATH, as execvp() looks for it? */
static bool is_there(const char *program)
{
	const char *dirs = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(program, '/'))
		return !access(program, X_OK);
	for (const char *at = dirs ? dirs : "/usr/bin:/bin"; *at; at += *at == ':') {
		size_t len = strcspn(at, ":");

		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)len, at, program) <
			    sizeof(path) &&
		    !access(path, X_OK))
			return true;
		at += len;
	}
	return false;
}

void doctor_tools(struct findings *f)
{
	static const struct {
		const char *variable, *usual;
	} tools[] = { { "CLANG", "clang" }, { "OBJCOPY_BPF", "llvm-objcopy" } };
	bool all = true;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		const char *other = secure_getenv(tools[i].variable),
			   *program = other ? other : tools[i].usual;

		if (is_there(program))
			continue;
		all = false;
		finding(f, "build", LEVEL_WARN,
			"install clang and llvm, or build on another machine: shunt build FILE.c",
			"there is no '%s': policies load as bundles, not from their source",
			program);
	}
	if (all)
		finding(f, "build", LEVEL_OK, NULL, "policies can be built here");
}
