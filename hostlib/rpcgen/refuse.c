// SPDX-License-Identifier: BSD-2-Clause
/*
 * refuse.c - the end of the program: where it is in the file, and what is wrong there
 */
#include <stdarg.h>
#include <stdlib.h>

#include "rpcgen.h"

struct lexer lex;

void refuse(const char *format, ...)
{
	va_list args;

	if (lex.line)
		fprintf(stderr, "%s:%d: ", lex.file, lex.line);
	else
		fprintf(stderr, "shunt-rpcgen: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		refuse("no memory");
	return p;
}

void put_place(char to[PLACE_LEN], const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(to, PLACE_LEN, format, ap);
	va_end(ap);
	if (n >= PLACE_LEN)
		refuse("types that are nested too deep");
}
