// SPDX-License-Identifier: BSD-2-Clause
/*
 * lex.c - words of a FILE.x, as the C preprocessor hands it on: with lines such as # 12 "FILE.x"
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rpcgen.h"

static char *read_line(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len = getline(&line, &room, lex.in);

	if (len < 0)
		refuse("nothing follows a %%");
	if (len && line[len - 1] == '\n')
		line[len - 1] = '\0';
	lex.line++;
	return line;
}

/* # LINE "FILE": what follows is that line. */
static void read_marker(void)
{
	char *line = read_line(), *end;
	long n = strtol(line, &end, 10);

	if (end != line)
		lex.line = n;
	free(line);
}

/* The first character of the next word, or EOF. */
static int skip_blanks(void)
{
	for (;;) {
		int c = getc(lex.in);

		if (c == '\n') {
			lex.line++;
			lex.at_line_start = true;
		} else if (c == '#' && lex.at_line_start) {
			read_marker();
		} else if (c == EOF || !isspace(c)) {
			return c;
		}
	}
}

static void read_word(int c)
{
	size_t n = 0;

	for (; c != EOF && (isalnum(c) || c == '_'); c = getc(lex.in)) {
		if (n + 1 == sizeof(lex.word))
			refuse("a word of more than %zu characters", n);
		lex.word[n++] = c;
	}
	lex.word[n] = '\0';
	ungetc(c, lex.in);
}

static void read_number(int c)
{
	bool minus = c == '-';
	char *end;

	read_word(minus ? getc(lex.in) : c);
	errno = 0;
	lex.number = strtoll(lex.word, &end, 0);
	if (end == lex.word || *end || errno)
		refuse("'%s%s' is no number", minus ? "-" : "", lex.word);
	lex.number = minus ? -lex.number : lex.number;
	lex.token = TOKEN_NUMBER;
}

void lex_next(void)
{
	int c = skip_blanks();

	if (c == '%' && lex.at_line_start) {
		lex.token = TOKEN_TEXT;
		lex.text = read_line();
		return;
	}
	lex.at_line_start = false;
	if (c == EOF) {
		lex.token = TOKEN_END;
	} else if (isdigit(c) || c == '-') {
		read_number(c);
	} else if (isalpha(c) || c == '_') {
		read_word(c);
		lex.token = TOKEN_NAME;
	} else {
		lex.token = TOKEN_CHAR;
		lex.symbol = c;
	}
}
