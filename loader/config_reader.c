// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_reader.c - a mistake in the configuration file, with its line and path
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_reader.h"

static void __printf(2, 0) at_path(struct config_reader *r, const char *fmt, va_list args)
{
	char path[128];

	vsnprintf(path, sizeof(path), fmt, args);
	fail_context(r->ctl, "%s:%d: %s", r->file, config_line(r->text, r->len, path), path);
}

int config_at(struct config_reader *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	at_path(r, fmt, args);
	va_end(args);
	return -EINVAL;
}

int config_bad(struct config_reader *r, const char *why, const char *fmt, ...)
{
	va_list args;

	fail(r->ctl, -EINVAL, "%s", why);
	va_start(args, fmt);
	at_path(r, fmt, args);
	va_end(args);
	return -EINVAL;
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
	va_list args;

	fail(r->ctl, -EINVAL, "there is no class '%s' in 'classes'", name);
	va_start(args, fmt);
	at_path(r, fmt, args);
	va_end(args);
	return -EINVAL;
}
