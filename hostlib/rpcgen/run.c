// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - a value cut into runs: pieces of a known size, and what stands between them
 *
 * Nested structs are walked through, so a run goes on across their borders.
 */
#include <string.h>

#include "run.h"

struct run {
	FILE *out;
	const struct writer *w;
	int depth;       /* of loops, and of indentation */
	uint32_t size;   /* of the run so far */
	struct piece {
		struct decl decl;
		char place[PLACE_LEN];
		uint32_t off;
	} *pieces;
	size_t n, room;
};

void run_indent(FILE *out, int depth)
{
	while (depth--)
		fputc('\t', out);
}

/* A value of a known size at an offset, whatever it is made of. */
static void write_fixed(struct run *r, const struct decl *d, const char *place, const char *off,
			int depth)
{
	char inner[PLACE_LEN], at[PLACE_LEN];
	uint32_t skip = 0;

	if (d->n) {
		struct decl one = *d;

		one.n = 0;
		run_indent(r->out, depth);
		fprintf(r->out, "for (uint32_t i%d = 0; i%d < %u; i%d++) {\n", depth, depth, d->n,
			depth);
		put_place(inner, "%s[i%d]", place, depth);
		put_place(at, "%s + %u * i%d", off, type_size(&one), depth);
		write_fixed(r, &one, inner, at, depth + 1);
		run_indent(r->out, depth);
		fprintf(r->out, "}\n");
	} else if (d->kind == KIND_NAMED) {
		write_fixed(r, &d->of->decl, place, off, depth);
	} else if (d->kind == KIND_STRUCT) {
		for (const struct field *f = d->of->fields; f; f = f->next) {
			put_place(inner, "%s.%s", place, f->decl.name);
			put_place(at, "%s + %u", off, skip);
			write_fixed(r, &f->decl, inner, at, depth);
			skip += type_size(&f->decl);
		}
	} else {
		r->w->fixed(r->out, depth, d, place, off);
	}
}

/* Writes what has been gathered. */
static void flush(struct run *r)
{
	char off[16];

	if (!r->n)
		return;
	r->w->check(r->out, r->depth, r->size);
	for (size_t i = 0; i < r->n; i++) {
		snprintf(off, sizeof(off), "%u", r->pieces[i].off);
		write_fixed(r, &r->pieces[i].decl, r->pieces[i].place, off, r->depth);
	}
	run_indent(r->out, r->depth);
	fprintf(r->out, "p += %u;\n", r->size);
	r->n = 0;
	r->size = 0;
}

static void gather(struct run *r, const struct decl *d, const char *place)
{
	struct piece *p;

	if (r->n == r->room) {
		struct piece *more;

		r->room = r->room * 2 + 16;
		more = allocate(r->room * sizeof(*more));
		if (r->n)
			memcpy(more, r->pieces, r->n * sizeof(*more));
		r->pieces = more;
	}
	p = &r->pieces[r->n++];
	p->decl = *d;
	p->off = r->size;
	put_place(p->place, "%s", place);
	r->size += type_size(d);
}

static void walk(struct run *r, const struct decl *d, const char *place)
{
	char inner[PLACE_LEN];

	if (type_size(d)) {
		gather(r, d, place);
	} else if (d->n) {
		struct decl one = *d;

		one.n = 0;
		flush(r);
		run_indent(r->out, r->depth);
		fprintf(r->out, "for (uint32_t i%d = 0; i%d < %u; i%d++) {\n", r->depth, r->depth,
			d->n, r->depth);
		put_place(inner, "%s[i%d]", place, r->depth);
		r->depth++;
		walk(r, &one, inner);
		flush(r);
		r->depth--;
		run_indent(r->out, r->depth);
		fprintf(r->out, "}\n");
	} else if (d->kind == KIND_NAMED) {
		walk(r, &d->of->decl, place);
	} else if (d->kind == KIND_STRUCT) {
		for (const struct field *f = d->of->fields; f; f = f->next) {
			put_place(inner, "%s.%s", place, f->decl.name);
			walk(r, &f->decl, inner);
		}
	} else {
		flush(r);
		r->w->varying(r->out, r->depth, d, place);
	}
}

void run_write(FILE *out, const struct writer *w, const struct decl *d, const char *place)
{
	struct run r = { .out = out, .w = w, .depth = 1 };

	walk(&r, d, place);
	flush(&r);
}
