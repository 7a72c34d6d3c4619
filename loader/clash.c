// SPDX-License-Identifier: BSD-2-Clause
/*
 * clash.c - a name that both a policy and shunt's own programs give
 *
 * A policy is included into shunt's programs, so its functions are beside theirs. Clang tells of
 * two that have one name in an error, and of the first of them in a note after it.
 */
#include <stdio.h>
#include <string.h>

#include "clash.h"

static const char *const errors[] = {
	"redefinition of '", "conflicting types for '", "static declaration of '",
};

static const char *find_in(const char *line, const char *text)
{
	return memmem(line, strcspn(line, "\n"), text, strlen(text));
}

/* Where the name begins in an error about two of one name; NULL: it is another line. */
static const char *name_in(const char *line)
{
	const char *found = NULL;

	if (!find_in(line, ": error: "))
		return NULL;
	for (size_t i = 0; !found && i < sizeof(errors) / sizeof(errors[0]); i++) {
		found = find_in(line, errors[i]);
		found = found ? found + strlen(errors[i]) : NULL;
	}
	return found;
}

/* The path that the line begins with, if it is of a file of shunt's; else NULL. The policy's own
 * may look like one. */
static const char *ours(const char *line, const char *source)
{
	static const char *const folders[] = { "bpf/", "include/shunt/", "sys/" };
	size_t len = strlen(source);

	if (!strncmp(line, source, len) && line[len] == ':')
		return NULL;
	line += strncmp(line, "./", 2) ? 0 : 2;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!strncmp(line, folders[i], strlen(folders[i])))
			return line;
	}
	return NULL;
}

static void copy_until(char *to, size_t size, const char *from, const char *ends)
{
	snprintf(to, size, "%.*s", (int)strcspn(from, ends), from);
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

bool clash_find(const char *said, const char *source, struct clash *c)
{
	const char *first = NULL, *second, *error = NULL, *name;

	for (const char *line = said; line; line = next_line(line)) {
		name = name_in(line);
		if (name) {
			error = line;
			first = ours(line, source);
			copy_until(c->name, sizeof(c->name), name, "'\n");
		} else if (error && find_in(line, ": note: previous ")) {
			error = NULL;
			second = ours(line, source);
			if (!first == !second)
				continue;
			copy_until(c->file, sizeof(c->file), first ? first : second, ":\n");
			return true;
		}
	}
	return false;
}
