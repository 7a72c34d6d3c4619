// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_reader.c - a mistake in the configuration file, with its line and path
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_reader.h"

int config_bad(struct config_reader *r, const char *why, const char *fmt, ...)
{
	char path[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return fail(r->ctl, -EINVAL, "%s:%d: %s: %s", r->file,
		    config_line(r->text, r->len, path), path, why);
}

int config_class_of(const struct setup *s, const char *name)
{
	for (__u32 i = 0; i < s->cfg.nclasses; i++) {
		if (!strcmp(s->classes[i].name, name))
			return i;
	}
	return -ENOENT;
}

int config_bad_class(struct config_reader *r, const char *name, const char *fmt, ...)
{
	char path[64], why[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	snprintf(why, sizeof(why), "there is no class '%s' in 'classes'", name);
	return config_bad(r, why, "%s", path);
}
