// SPDX-License-Identifier: BSD-2-Clause
/*
 * lines.c - which line of the source an instruction came from: .BTF.ext, read with care
 *
 * A damaged table costs the lines, not the lint: what is cut off is left out.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define LINES (1 << 20)

struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, func_off, func_len, line_off, line_len;
};

struct ext_section {
	__u32 name, count;
};

struct ext_line {
	__u32 insn_off, file, text, line_col;
};

static bool take(const char **at, size_t *left, void *out, size_t len)
{
	if (*left < len)
		return false;
	memcpy(out, *at, len);
	*at += len;
	*left -= len;
	return true;
}

static int add_line(struct lint_object *o, int sec, const struct ext_line *l)
{
	const char *file = btf__str_by_offset(o->image->btf, l->file);
	const char *text = btf__str_by_offset(o->image->btf, l->text);
	struct lint_line *line;

	if (!(o->nlines & (o->nlines - 1))) {
		line = reallocarray(o->lines, o->nlines ? 2 * o->nlines : 1, sizeof(*line));
		if (!line)
			return -ENOMEM;
		o->lines = line;
	}
	o->lines[o->nlines++] = (struct lint_line){
		.at = { sec, l->insn_off }, .file = file ? file : "", .text = text ? text : "",
		.line = l->line_col >> 10, .col = l->line_col & 0x3ff,
	};
	return 0;
}

static int read_section(struct lint_object *o, const struct ext_section *s, __u32 size,
			const char **at, size_t *left)
{
	const char *name = btf__str_by_offset(o->image->btf, s->name);
	int sec = name ? image_find(o->image, name) : -1, err = 0;
	struct ext_line l;

	for (__u32 i = 0; !err && i < s->count; i++) {
		const char *record = *at;
		size_t len = *left;

		if (*left < size || !take(&record, &len, &l, sizeof(l)))
			return -EINVAL;
		*at += size;
		*left -= size;
		if (sec >= 0 && o->nlines < LINES)
			err = add_line(o, sec, &l);
	}
	return err;
}

static int by_place(const void *a, const void *b)
{
	const struct lint_line *x = a, *y = b;

	if (x->at.sec != y->at.sec)
		return x->at.sec < y->at.sec ? -1 : 1;
	return x->at.off < y->at.off ? -1 : x->at.off > y->at.off;
}

int lines_read(struct lint_object *o)
{
	int i = image_find(o->image, ".BTF.ext"), err = 0;
	const struct section *s = i < 0 ? NULL : &o->image->sections[i];
	struct ext_header head;
	struct ext_section part;
	const char *at = s ? s->data : NULL;
	size_t left = s ? s->len : 0;
	__u32 size;

	if (!at || !o->image->btf || !take(&at, &left, &head, sizeof(head)) ||
	    head.magic != 0xeb9f || head.hdr_len > s->len ||
	    head.line_off > s->len - head.hdr_len ||
	    head.line_len > s->len - head.hdr_len - head.line_off)
		return 0;
	at = (const char *)s->data + head.hdr_len + head.line_off;
	left = head.line_len;
	if (!take(&at, &left, &size, sizeof(size)) || size < sizeof(struct ext_line))
		return 0;
	while (!err && take(&at, &left, &part, sizeof(part)))
		err = read_section(o, &part, size, &at, &left);
	if (o->nlines)
		qsort(o->lines, o->nlines, sizeof(*o->lines), by_place);
	return err == -ENOMEM ? err : 0;
}
