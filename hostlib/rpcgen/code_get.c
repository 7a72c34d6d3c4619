// SPDX-License-Identifier: BSD-2-Clause
/*
 * code_get.c - statements that decode a value: p goes on to its end, or false is returned
 */
#include "run.h"

static void check(FILE *out, int depth, uint32_t size)
{
	run_indent(out, depth);
	fprintf(out, "if (end - p < %u)\n", size);
	run_indent(out, depth + 1);
	fprintf(out, "return false;\n");
}

static void get_enum(FILE *out, int depth, const struct decl *d, const char *place,
		     const char *off)
{
	run_indent(out, depth);
	fprintf(out, "switch ((int32_t)shunt_xdr_get32(p + %s)) {\n", off);
	for (const struct value *v = d->of->values; v; v = v->next) {
		bool told = false; /* two names may have one number */

		for (const struct value *w = d->of->values; w != v; w = w->next)
			told |= w->number == v->number;
		if (told)
			continue;
		run_indent(out, depth);
		fprintf(out, "case %d:\n", v->number);
	}
	run_indent(out, depth + 1);
	fprintf(out, "%s = (enum %s)(int32_t)shunt_xdr_get32(p + %s);\n", place, d->of->name, off);
	run_indent(out, depth + 1);
	fprintf(out, "break;\n");
	run_indent(out, depth);
	fprintf(out, "default:\n");
	run_indent(out, depth + 1);
	fprintf(out, "return false;\n");
	run_indent(out, depth);
	fprintf(out, "}\n");
}

static void get_bool(FILE *out, int depth, const char *place, const char *off)
{
	run_indent(out, depth);
	fprintf(out, "if (shunt_xdr_get32(p + %s) > 1)\n", off);
	run_indent(out, depth + 1);
	fprintf(out, "return false;\n");
	run_indent(out, depth);
	fprintf(out, "%s = shunt_xdr_get32(p + %s);\n", place, off);
}

static void fixed(FILE *out, int depth, const struct decl *d, const char *place, const char *off)
{
	static const char *const how[] = {
		[KIND_INT] = "(int32_t)shunt_xdr_get32", [KIND_UINT] = "shunt_xdr_get32",
		[KIND_HYPER] = "(int64_t)shunt_xdr_get64", [KIND_UHYPER] = "shunt_xdr_get64",
		[KIND_FLOAT] = "shunt_xdr_get_float", [KIND_DOUBLE] = "shunt_xdr_get_double",
	};

	if (d->kind == KIND_ENUM) {
		get_enum(out, depth, d, place, off);
	} else if (d->kind == KIND_BOOL) {
		get_bool(out, depth, place, off);
	} else if (d->kind == KIND_OPAQUE) {
		run_indent(out, depth);
		fprintf(out, "memcpy(%s, p + %s, %u);\n", place, off, d->bound);
	} else {
		run_indent(out, depth);
		fprintf(out, "%s = %s(p + %s);\n", place, how[d->kind], off);
	}
}

static void varying(FILE *out, int depth, const struct decl *d, const char *place)
{
	run_indent(out, depth);
	fprintf(out, "p = shunt_xdr_get_bytes(p, end, %uU, &%s);\n", d->bound, place);
	run_indent(out, depth);
	fprintf(out, "if (!p)\n");
	run_indent(out, depth + 1);
	fprintf(out, "return false;\n");
}

void write_get(FILE *out, const struct decl *d, const char *place)
{
	static const struct writer w = { check, fixed, varying };

	run_write(out, &w, d, place);
}
