/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * why.h - an error: its text, the next step, and the exit status of a command that ends with it
 *
 * Filled by the function that finds the cause; printed once, by the program that owns the output.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Exit statuses of shunt and shunt-sim. */
enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_UNSUPPORTED };

struct why {
	char *text;   /* NULL: nothing failed */
	char *advice; /* NULL: none is known */
	int code;     /* exit status */
};

#define SHUNT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* The first failure wins: the function nearest to the cause knows it best. Returns err. */
int why_fail(struct why *why, int err, const char *fmt, ...) SHUNT_PRINTF(3, 4);
int why_vfail(struct why *why, int err, const char *fmt, va_list args) SHUNT_PRINTF(3, 0);
/* Puts "what was tried: " before the cause. */
void why_context(struct why *why, const char *fmt, ...) SHUNT_PRINTF(2, 3);
void why_vcontext(struct why *why, const char *fmt, va_list args) SHUNT_PRINTF(2, 0);
/* The next step after the failure; the first wins here, too. */
void why_hint(struct why *why, const char *fmt, ...) SHUNT_PRINTF(2, 3);
void why_vhint(struct why *why, const char *fmt, va_list args) SHUNT_PRINTF(2, 0);
/* The text, for a caller who prints it alone. */
const char *why_text(const struct why *why);
/* Text and advice as one line, for a log. */
void why_line(const struct why *why, char *line, size_t len);
/* As after { 0 }. */
void why_forget(struct why *why);
