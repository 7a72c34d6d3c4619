// SPDX-License-Identifier: BSD-2-Clause
/*
 * why.c - an error: its text, the next step, and the exit status of a command that ends with it
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "why.h"

static char *format(const char *fmt, va_list args)
{
	char *text;

	return vasprintf(&text, fmt, args) < 0 ? NULL : text;
}

int why_vfail(struct why *why, int err, const char *fmt, va_list args)
{
	if (why->text)
		return err;
	why->text = format(fmt, args);
	why->code = err == -EOPNOTSUPP ? EXIT_UNSUPPORTED : EXIT_FAILED;
	return err;
}

int why_fail(struct why *why, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vfail(why, err, fmt, args);
	va_end(args);
	return err;
}

void why_vcontext(struct why *why, const char *fmt, va_list args)
{
	char *context = format(fmt, args), *both;

	if (context && asprintf(&both, "%s: %s", context, why->text ? why->text : "") >= 0) {
		free(why->text);
		why->text = both;
	}
	free(context);
}

void why_context(struct why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vcontext(why, fmt, args);
	va_end(args);
}

void why_vhint(struct why *why, const char *fmt, va_list args)
{
	if (!why->advice)
		why->advice = format(fmt, args);
}

void why_hint(struct why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	why_vhint(why, fmt, args);
	va_end(args);
}

const char *why_text(const struct why *why)
{
	return why->text ? why->text : "out of memory"; /* for the text itself */
}

void why_line(const struct why *why, char *line, size_t len)
{
	snprintf(line, len, "%s%s%s", why_text(why), why->advice ? ": " : "",
		 why->advice ? why->advice : "");
}

void why_forget(struct why *why)
{
	free(why->text);
	free(why->advice);
	*why = (struct why){ 0 };
}
