/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table.h - lines of cells in columns, each as wide as its widest cell
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS 24
#define TABLE_WIDTH 120

struct table_line {
	char *cell[TABLE_COLUMNS]; /* NULL: the line has fewer */
	char *text;                /* in place of cells */
};

struct table {
	struct table_line *line;
	int n, room;
	unsigned int left; /* bits of columns of text; numbers stand to the right */
	bool bad;          /* no memory */
};

/* Begins a line; the cells that follow are its own. */
void table_begin(struct table *t);
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of text between the others, broken where it is too long. */
void table_text(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* No line is wider than TABLE_WIDTH: long names are cut, and a last column of text is broken. */
void table_print(const struct table *t, FILE *to);
void table_free(struct table *t);
/* Text from column "at" on, its next lines "indent" in. */
void table_wrap(FILE *to, const char *text, int at, int indent);
