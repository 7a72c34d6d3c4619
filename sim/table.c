// SPDX-License-Identifier: BSD-2-Clause
/*
 * table.c - lines of cells in columns, each as wide as its widest cell, within 120 columns
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define NAME_LEAST 8 /* characters that are left of a name that is cut */
#define LAST_LEAST 8 /* columns for a last one of text, which is broken; in fewer it is not */
#define INDENT 4     /* of the second line of a text */

static bool begins_character(char c) { return ((unsigned char)c & 0xc0) != 0x80; }

/* Characters of n bytes of UTF-8. */
static int characters(const char *text, size_t n)
{
	int count = 0;

	for (size_t i = 0; i < n && text[i]; i++)
		count += begins_character(text[i]);
	return count;
}

/* Bytes of the first n characters. */
static size_t bytes_of(const char *text, int n)
{
	size_t i = 0;

	for (; text[i]; i++) {
		if (begins_character(text[i]) && !n--)
			break;
	}
	return i;
}

void table_begin(struct table *t)
{
	struct table_line *more;

	if (t->n == t->room) {
		more = reallocarray(t->line, t->room ? 2 * t->room : 64, sizeof(*more));
		if (!more) {
			t->bad = true;
			return;
		}
		t->line = more;
		t->room = t->room ? 2 * t->room : 64;
	}
	t->line[t->n++] = (struct table_line){ .text = NULL };
}

void table_cell(struct table *t, const char *fmt, ...)
{
	struct table_line *l = t->n ? &t->line[t->n - 1] : NULL;
	va_list args;
	int i = 0;

	while (l && i < TABLE_COLUMNS && l->cell[i])
		i++;
	if (t->bad || !l || i == TABLE_COLUMNS)
		return;
	va_start(args, fmt);
	if (vasprintf(&l->cell[i], fmt, args) < 0) {
		l->cell[i] = NULL;
		t->bad = true;
	}
	va_end(args);
}

void table_text(struct table *t, const char *fmt, ...)
{
	va_list args;

	table_begin(t);
	if (t->bad)
		return;
	va_start(args, fmt);
	if (vasprintf(&t->line[t->n - 1].text, fmt, args) < 0) {
		t->line[t->n - 1].text = NULL;
		t->bad = true;
	}
	va_end(args);
}

/* Bytes up to the last place where the first "room" characters may be broken: before a gap of two
 * spaces, or else at a space or behind a comma. */
static size_t break_of(const char *text, int room)
{
	size_t most = bytes_of(text, room), gap = 0, space = 0;

	if (!text[most])
		return most;
	for (size_t i = 1; i <= most; i++) {
		if (text[i] == ' ' && text[i + 1] == ' ')
			gap = i;
		if (text[i] == ' ' || text[i - 1] == ',')
			space = i;
	}
	return gap ? gap : space ? space : most;
}

void table_wrap(FILE *to, const char *text, int at, int indent)
{
	int lead = strspn(text, " "); /* its own, which is no place to break it at */

	fprintf(to, "%*s", lead, "");
	text += lead;
	at += lead;
	while (*text) {
		size_t n = break_of(text, TABLE_WIDTH - at);

		fprintf(to, "%.*s", (int)n, text);
		text += n + strspn(text + n, " ");
		if (*text)
			fprintf(to, "\n%*s", indent, "");
		at = indent;
	}
	fputc('\n', to);
}

static void widths(const struct table *t, int *wide)
{
	for (int i = 0; i < t->n; i++) {
		for (int k = 0; k < TABLE_COLUMNS && t->line[i].cell[k]; k++) {
			int n = characters(t->line[i].cell[k], SIZE_MAX);

			wide[k] = n > wide[k] ? n : wide[k];
		}
	}
}

/* The last column that has something in it. */
static int last_column(const int *wide)
{
	int k = TABLE_COLUMNS - 1;

	while (k > 0 && !wide[k])
		k--;
	return k;
}

/* Cuts the widest names, one character at a time, until a line fits. Returns the spaces between
 * columns: two, if there is room. */
static int shrink(const struct table *t, int *wide)
{
	int last = last_column(wide), all = 0;

	for (int k = 0; k <= last; k++)
		all += k == last && t->left >> k & 1 ? 0 : wide[k];
	if (all + 2 * last <= TABLE_WIDTH - (t->left >> last & 1 ? LAST_LEAST : 0))
		return 2;
	for (all += last; all > TABLE_WIDTH; all--) {
		int widest = -1;

		for (int k = 0; k < last; k++) {
			if (t->left >> k & 1 && wide[k] > NAME_LEAST &&
			    (widest < 0 || wide[k] > wide[widest]))
				widest = k;
		}
		if (widest < 0)
			break;
		wide[widest]--;
	}
	return 1;
}

static void print_cell(FILE *to, const char *text, int wide, bool left)
{
	int n = characters(text, SIZE_MAX);

	if (n > wide)
		fprintf(to, "%.*s…", (int)bytes_of(text, wide - 1), text);
	else if (left)
		fprintf(to, "%s%*s", text, wide - n, "");
	else
		fprintf(to, "%*s%s", wide - n, "", text);
}

/* No spaces at a line's end. */
static void print_last(FILE *to, const char *text, int wide, bool left)
{
	size_t n = strlen(text);

	while (n && text[n - 1] == ' ')
		n--;
	fprintf(to, "%*s%.*s\n", left ? 0 : wide - characters(text, SIZE_MAX), "", (int)n, text);
}

static void print_line(const struct table *t, const struct table_line *l, const int *wide, int gap,
		       FILE *to)
{
	int at = 0, last = 0;

	for (int k = 0; k < TABLE_COLUMNS && l->cell[k]; k++)
		last = *l->cell[k] ? k : last;
	for (int k = 0; k < last; k++) {
		print_cell(to, l->cell[k], wide[k], t->left >> k & 1);
		fprintf(to, "%*s", gap, "");
		at += wide[k] + gap;
	}
	if (t->left >> last & 1 && last == last_column(wide) && TABLE_WIDTH - at >= LAST_LEAST)
		table_wrap(to, l->cell[last], at, at);
	else
		print_last(to, l->cell[last] ? l->cell[last] : "", wide[last],
			   t->left >> last & 1);
}

void table_print(const struct table *t, FILE *to)
{
	int wide[TABLE_COLUMNS] = { 0 }, gap;

	widths(t, wide);
	gap = shrink(t, wide);
	for (int i = 0; i < t->n; i++) {
		if (t->line[i].text)
			table_wrap(to, t->line[i].text, 0,
				   (int)strspn(t->line[i].text, " ") + INDENT);
		else
			print_line(t, &t->line[i], wide, gap, to);
	}
	if (t->bad)
		fprintf(stderr, "shunt-sim: no memory for the whole table\n");
}

void table_free(struct table *t)
{
	for (int i = 0; i < t->n; i++) {
		free(t->line[i].text);
		for (int k = 0; k < TABLE_COLUMNS; k++)
			free(t->line[i].cell[k]);
	}
	free(t->line);
	*t = (struct table){ .left = t->left };
}
