// SPDX-License-Identifier: BSD-2-Clause
/*
 * code_put.c - statements that encode a value: p goes on to its end, or NULL is returned
 */
#include "run.h"

static void check(FILE *out, int depth, uint32_t size)
{
	run_indent(out, depth);
	fprintf(out, "if (end - p < %u)\n", size);
	run_indent(out, depth + 1);
	fprintf(out, "return NULL;\n");
}

static void fixed(FILE *out, int depth, const struct decl *d, const char *place, const char *off)
{
	static const char *const how[] = {
		[KIND_INT] = "shunt_xdr_put32", [KIND_UINT] = "shunt_xdr_put32",
		[KIND_BOOL] = "shunt_xdr_put32", [KIND_ENUM] = "shunt_xdr_put32",
		[KIND_HYPER] = "shunt_xdr_put64", [KIND_UHYPER] = "shunt_xdr_put64",
		[KIND_FLOAT] = "shunt_xdr_put_float", [KIND_DOUBLE] = "shunt_xdr_put_double",
	};

	run_indent(out, depth);
	if (d->kind == KIND_OPAQUE)
		fprintf(out, "shunt_xdr_put_opaque(p + %s, %s, %u);\n", off, place, d->bound);
	else
		fprintf(out, "%s(p + %s, %s);\n", how[d->kind], off, place);
}

static void varying(FILE *out, int depth, const struct decl *d, const char *place)
{
	run_indent(out, depth);
	fprintf(out, "p = shunt_xdr_put_bytes(p, end, %uU, %s);\n", d->bound, place);
	run_indent(out, depth);
	fprintf(out, "if (!p)\n");
	run_indent(out, depth + 1);
	fprintf(out, "return NULL;\n");
}

void write_put(FILE *out, const struct decl *d, const char *place)
{
	static const struct writer w = { check, fixed, varying };

	run_write(out, &w, d, place);
}
