// SPDX-License-Identifier: BSD-2-Clause
/*
 * header.c - BASE.h: types, constants, and the procedures that the server's author writes
 */
#include <ctype.h>

#include "rpcgen.h"

static void write_enum(FILE *out, const struct def *d)
{
	fprintf(out, "enum %s {\n", d->name);
	for (const struct value *v = d->values; v; v = v->next)
		fprintf(out, "\t%s = %d,\n", v->name, v->number);
	fprintf(out, "};\ntypedef enum %s %s;\n\n", d->name, d->name);
}

static void write_struct(FILE *out, const struct def *d)
{
	fprintf(out, "struct %s {\n", d->name);
	for (const struct field *f = d->fields; f; f = f->next) {
		fputc('\t', out);
		type_declare(out, &f->decl, f->decl.name);
		fprintf(out, ";\n");
	}
	fprintf(out, "};\ntypedef struct %s %s;\n\n", d->name, d->name);
}

static void write_typedef(FILE *out, const struct def *d)
{
	fprintf(out, "typedef ");
	type_declare(out, &d->decl, d->name);
	fprintf(out, ";\n\n");
}

static void write_proc(FILE *out, const struct proc *p, uint32_t version)
{
	char name[NAME_MAX_LEN + 16];

	lower_name(name, p->name, version);
	fprintf(out, "enum shunt_rpc_stat %s(struct shunt_rpc_call *call", name);
	if (p->arg.kind != KIND_VOID) {
		fprintf(out, ", const ");
		type_declare(out, &p->arg, "*arg");
	}
	if (p->res.kind != KIND_VOID) {
		fprintf(out, ", ");
		type_declare(out, &p->res, "*res");
	}
	fprintf(out, ");\n");
}

static void write_program(FILE *out, const struct def *d)
{
	char name[NAME_MAX_LEN + 16];

	fprintf(out, "#define %s %lldU\n", d->name, (long long)d->number);
	for (const struct version *v = d->versions; v; v = v->next) {
		lower_name(name, d->name, v->number);
		fprintf(out, "#define %s %uU\n", v->name, v->number);
		fprintf(out, "\nextern const struct shunt_rpc_version %s;\n", name);
		for (const struct proc *p = v->procs; p; p = p->next)
			write_proc(out, p, v->number);
		fputc('\n', out);
	}
}

static void write_guard(FILE *out, const char *before, const char *base)
{
	fprintf(out, "%s", before);
	for (; *base; base++)
		fputc(isalnum((unsigned char)*base) ? toupper((unsigned char)*base) : '_', out);
	fprintf(out, "_H\n");
}

void write_header(FILE *out, const struct def *defs, const char *base)
{
	fprintf(out, "/* Written by shunt-rpcgen from %s: not to be changed by hand. */\n",
		lex.file);
	write_guard(out, "#ifndef ", base);
	write_guard(out, "#define ", base);
	fprintf(out, "\n#include <stdbool.h>\n\n#include <shunt/rpc.h>\n\n");
	for (const struct def *d = defs; d; d = d->next) {
		switch (d->kind) {
		case DEF_CONST:
			fprintf(out, "#define %s %lld\n\n", d->name, (long long)d->number);
			break;
		case DEF_ENUM:
			write_enum(out, d);
			break;
		case DEF_STRUCT:
			write_struct(out, d);
			break;
		case DEF_TYPEDEF:
			write_typedef(out, d);
			break;
		case DEF_PROGRAM:
			write_program(out, d);
			break;
		case DEF_TEXT:
			fprintf(out, "%s\n", d->text);
			break;
		}
	}
	fprintf(out, "#endif\n");
}
