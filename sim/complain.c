// SPDX-License-Identifier: BSD-2-Clause
/*
 * complain.c - what the command says of a failure
 */
#include <stdarg.h>
#include <stdio.h>

#include "cmd.h"

int complain(const char *fmt, ...)
{
	va_list args;

	fputs("shunt-sim: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

int complain_why(struct why *why)
{
	complain("%s", why->text ? why->text : "no memory");
	if (why->advice)
		fprintf(stderr, "hint: %s\n", why->advice);
	why_forget(why);
	return EXIT_FAILED;
}
