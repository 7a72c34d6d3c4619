// SPDX-License-Identifier: BSD-2-Clause
/*
 * note.c - a sentence for the operator, beside what is proposed
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "plan.h"

void fit_note(struct fit_plan *plan, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (text)
		json_array_append_new(plan->notes, json_string(text));
	free(text);
}
