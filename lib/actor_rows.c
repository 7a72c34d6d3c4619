// SPDX-License-Identifier: BSD-2-Clause
/*
 * actor_rows.c - rows of actors from a file, and their digest
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actor_rows.h"
#include "why.h"

#define MAKE "'shunt actor rows' on the NIC prints the file"

/* FNV-1a: to tell mistakes, not forgeries, which the proof of a HELLO does. */
static __u32 add(__u32 sum, const char name[SHUNT_NAME_LEN])
{
	size_t len = strnlen(name, SHUNT_NAME_LEN - 1);

	for (size_t i = 0; i <= len; i++)
		sum = (sum ^ (i < len ? (unsigned char)name[i] : 0)) * 16777619u;
	return sum;
}

__u32 shunt_rows_digest(const struct shunt_actor_row *rows, __u32 n)
{
	__u32 sum = 2166136261u;

	for (__u32 i = 0; i < n; i++)
		sum = add(add(sum, rows[i].name), rows[i].kind);
	return !n ? 0 : sum ? sum : 1;
}

/* The row of a line. -EINVAL: it is none. */
static int parse(const char *line, struct shunt_actor_row *row)
{
	char name[SHUNT_NAME_LEN + 1] = "", kind[SHUNT_NAME_LEN + 1] = "", rest;
	int n = sscanf(line, "%16s %16s %c", name, kind, &rest);

	if (n < 1 || n > 2 || strlen(name) >= SHUNT_NAME_LEN || strlen(kind) >= SHUNT_NAME_LEN)
		return -EINVAL;
	*row = (struct shunt_actor_row){ .gen = 1, .state = SHUNT_ACTOR_HERE };
	memcpy(row->name, name, strlen(name));
	memcpy(row->kind, kind, strlen(kind));
	return 0;
}

static int read_lines(FILE *f, const char *path, struct shunt_actor_row *rows, struct why *why)
{
	char line[128];
	int n = 0;

	for (int nr = 1; fgets(line, sizeof(line), f); nr++) {
		if (line[0] == '#' || line[strspn(line, " \t\n")] == '\0')
			continue;
		if (n == SHUNT_ACTORS)
			return why_fail(why, -E2BIG, "'%s' has more than %d actors", path,
					SHUNT_ACTORS);
		if (!strchr(line, '\n') || parse(line, &rows[n]))
			return why_fail(why, -EINVAL, "line %d of '%s' is not a name and a kind of "
					"at most 15 characters each", nr, path);
		n++;
	}
	return n ? n : why_fail(why, -EINVAL, "'%s' has no actors", path);
}

int shunt_rows_read(const char *path, struct shunt_actor_row rows[SHUNT_ACTORS], struct why *why)
{
	FILE *f = fopen(path, "re");
	int n;

	if (f) {
		n = read_lines(f, path, rows, why);
		fclose(f);
	} else {
		n = -errno;
		why_fail(why, n, "cannot open '%s': %s", path, strerror(-n));
	}
	if (n < 0)
		why_hint(why, MAKE);
	return n;
}
