// SPDX-License-Identifier: BSD-2-Clause
/*
 * take.c - the next words and numbers of a FILE.x, and the names that it has defined so far
 */
#include <string.h>

#include "rpcgen.h"
#include "take.h"

static struct def *first, **last = &first;

bool is_char(char c)
{
	return lex.token == TOKEN_CHAR && lex.symbol == c;
}

bool is_word(const char *word)
{
	return lex.token == TOKEN_NAME && !strcmp(lex.word, word);
}

const char *seen(void)
{
	static char text[2];

	if (lex.token == TOKEN_CHAR) {
		text[0] = lex.symbol;
		return text;
	}
	return lex.token == TOKEN_END ? "the end" : lex.token == TOKEN_TEXT ? "%" : lex.word;
}

bool take_char(char c)
{
	if (!is_char(c))
		return false;
	lex_next();
	return true;
}

bool take_word(const char *word)
{
	if (!is_word(word))
		return false;
	lex_next();
	return true;
}

void want_char(char c)
{
	if (!take_char(c))
		refuse("'%c' is missing before '%s'", c, seen());
}

/* Words of C and C++ that the files that are written cannot have as names, and names in use. */
static void refuse_word_of_c(const char *name)
{
	static const char *const words[] = {
		"auto", "bool", "break", "case", "char", "class", "const", "continue", "default",
		"delete", "do", "double", "else", "enum", "extern", "false", "float", "for", "goto",
		"if", "inline", "int", "int32_t", "int64_t", "long", "namespace", "new", "NULL",
		"operator", "private", "public", "register", "restrict", "return", "short",
		"signed", "sizeof", "static", "struct", "switch", "template", "this", "true",
		"typedef", "uint8_t", "uint32_t", "uint64_t", "union", "unsigned", "void",
		"volatile", "while",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(name, words[i]))
			refuse("'%s' is a word of C: no name", name);
	}
}

void refuse_twice(const char *former, const char *name)
{
	if (!strcmp(former, name))
		refuse("'%s' is defined twice", name);
}

void want_name(char name[NAME_MAX_LEN])
{
	if (lex.token != TOKEN_NAME)
		refuse("a name is missing before '%s'", seen());
	refuse_word_of_c(lex.word);
	if (snprintf(name, NAME_MAX_LEN, "%s", lex.word) >= NAME_MAX_LEN)
		refuse("'%s': a name has at most %d characters", lex.word, NAME_MAX_LEN - 1);
	lex_next();
}

struct def *find(const char *name)
{
	for (struct def *d = first; d; d = d->next) {
		if (d->kind != DEF_TEXT && !strcmp(d->name, name))
			return d;
	}
	return NULL;
}

static bool find_value(const char *name, int64_t *number)
{
	for (const struct def *d = first; d; d = d->next) {
		if (d->kind == DEF_CONST && !strcmp(d->name, name)) {
			*number = d->number;
			return true;
		}
		for (const struct value *v = d->values; v; v = v->next) {
			if (!strcmp(v->name, name)) {
				*number = v->number;
				return true;
			}
		}
	}
	return false;
}

void want_new_name(char name[NAME_MAX_LEN])
{
	int64_t number;

	want_name(name);
	if (find(name) || find_value(name, &number))
		refuse("'%s' is defined twice", name);
}

/* A number, or a name that has one. */
int64_t want_number(int64_t least, int64_t most)
{
	int64_t n = lex.number;

	if (lex.token != TOKEN_NUMBER &&
	    (lex.token != TOKEN_NAME || !find_value(lex.word, &n)))
		refuse("'%s' is no number, nor the name of one", seen());
	if (n < least || n > most)
		refuse("%lld is not from %lld to %lld", (long long)n, (long long)least,
		       (long long)most);
	lex_next();
	return n;
}

struct def *add(enum def_kind kind)
{
	struct def *d = allocate(sizeof(*d));

	d->kind = kind;
	want_new_name(d->name);
	return d;
}

void keep(struct def *d)
{
	*last = d;
	last = &d->next;
}

struct def *definitions(void)
{
	return first;
}
