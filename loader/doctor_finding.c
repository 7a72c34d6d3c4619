// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_finding.c - one finding of shunt doctor, with its fix
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

static const char *const levels[] = { "ok", "warn", "fail" };

/* The fix with the interface's name in place of the word IF. */
static json_t *fix_json(const struct findings *f, const char *fix)
{
	char text[512] = "";
	size_t n = 0;

	while (*fix && n + 1 < sizeof(text)) {
		if (f->ifname && !strncmp(fix, "IF", 2)) {
			n += snprintf(text + n, sizeof(text) - n, "%s", f->ifname);
			fix += 2;
		} else {
			text[n++] = *fix++;
			text[n] = '\0';
		}
	}
	return json_string(text);
}

void finding(struct findings *f, const char *check, enum level level, const char *fix,
	     const char *text, ...)
{
	char *said;
	va_list args;
	json_t *j;

	va_start(args, text);
	if (vasprintf(&said, text, args) < 0)
		said = NULL;
	va_end(args);
	j = json_pack("{s:s, s:s, s:s}", "check", check, "level", levels[level], "text",
		      said ? said : "");
	if (fix && level != LEVEL_OK)
		json_object_set_new(j, "fix", fix_json(f, fix));
	json_array_append_new(f->list, j);
	f->count[level]++;
	free(said);
}
