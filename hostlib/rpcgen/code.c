// SPDX-License-Identifier: BSD-2-Clause
/*
 * code.c - BASE.c: for each procedure a function that decodes its arguments, calls it, and encodes
 * its results; for each version a function that chooses among these
 *
 * Straight-line code: values of a known size that follow each other are checked against the end
 * of the call once, then loaded from fixed places; only what has a length of its own is looked at
 * before one can go on. Strings and opaque<> stay in the frame. Results go into the frame, over the
 * arguments, unless they are made of views into it: then they are encoded beside it and copied.
 */
#include "run.h"

/* Returns true where a view of the result lies in the frame. */
static void write_looks(FILE *out, const struct decl *d, const char *place, int depth)
{
	char inner[PLACE_LEN];

	if (!type_has_views(d))
		return;
	if (d->n) {
		struct decl one = *d;

		one.n = 0;
		run_indent(out, depth);
		fprintf(out, "for (uint32_t i%d = 0; i%d < %u; i%d++) {\n", depth, depth, d->n,
			depth);
		put_place(inner, "%s[i%d]", place, depth);
		write_looks(out, &one, inner, depth + 1);
		run_indent(out, depth);
		fprintf(out, "}\n");
	} else if (d->kind == KIND_NAMED) {
		write_looks(out, &d->of->decl, place, depth);
	} else if (d->kind == KIND_STRUCT) {
		for (const struct field *f = d->of->fields; f; f = f->next) {
			put_place(inner, "%s.%s", place, f->decl.name);
			write_looks(out, &f->decl, inner, depth);
		}
	} else {
		run_indent(out, depth);
		fprintf(out, "if (shunt_xdr_in_frame(call, %s))\n", place);
		run_indent(out, depth + 1);
		fprintf(out, "return true;\n");
	}
}

static void write_aliases(FILE *out, const struct proc *p, const char *name)
{
	fprintf(out, "static bool %s_is_of_frame(const struct shunt_rpc_call *call, const ", name);
	type_declare(out, &p->res, "*res");
	fprintf(out, ")\n{\n");
	write_looks(out, &p->res, "(*res)", 1);
	fprintf(out, "\treturn false;\n}\n\n");
}

static void write_get_function(FILE *out, const struct proc *p, const char *name)
{
	fprintf(out,
		"/* False: these are not its arguments. */\nstatic bool %s_get(const uint8_t *p, "
		"const uint8_t *end, ",
		name);
	type_declare(out, &p->arg, "*arg");
	fprintf(out, ")\n{\n");
	write_get(out, &p->arg, "(*arg)");
	fprintf(out, "\treturn true;\n}\n\n");
}

static void write_put_function(FILE *out, const struct proc *p, const char *name)
{
	fprintf(out,
		"/* The end of the results; NULL: there is no room for them. */\nstatic uint8_t "
		"*%s_put(uint8_t *p, const uint8_t *end, const ",
		name);
	type_declare(out, &p->res, "*res");
	fprintf(out, ")\n{\n");
	write_put(out, &p->res, "(*res)");
	fprintf(out, "\treturn p;\n}\n\n");
}

static void write_call(FILE *out, const struct proc *p, const char *name)
{
	bool arg = p->arg.kind != KIND_VOID, res = p->res.kind != KIND_VOID;

	fprintf(out, "static long %s_serve(struct shunt_rpc_call *call)\n{\n", name);
	if (arg) {
		fprintf(out, "\t");
		type_declare(out, &p->arg, "arg");
		fprintf(out, ";\n");
	}
	if (res) {
		fprintf(out, "\t");
		type_declare(out, &p->res, "res");
		fprintf(out, ";\n\tuint8_t *at;\n");
	}
	if (type_has_views(&p->res))
		fprintf(out, "\tchar scratch[SHUNT_RPC_SCRATCH];\n");
	fprintf(out, "\tenum shunt_rpc_stat stat;\n\n");
	if (arg)
		fprintf(out,
			"\tif (!%s_get(call->args, call->end, &arg))\n"
			"\t\treturn shunt_rpc_refuse(call, SHUNT_RPC_GARBAGE_ARGS);\n",
			name);
	if (res)
		fprintf(out, "\tmemset(&res, 0, sizeof(res));\n");
	if (type_has_views(&p->res))
		fprintf(out, "\tcall->scratch = scratch;\n");
	fprintf(out, "\tstat = %s(call%s%s);\n", name, arg ? ", &arg" : "", res ? ", &res" : "");
	fprintf(out, "\tif (stat != SHUNT_RPC_SUCCESS)\n"
		     "\t\treturn shunt_rpc_refuse(call, stat);\n");
	if (!res) {
		fprintf(out, "\treturn shunt_xdr_end(call, shunt_rpc_accept(call));\n}\n\n");
		return;
	}
	if (type_has_views(&p->res))
		fprintf(out,
			"\tif (%s_is_of_frame(call, &res)) {\n"
			"\t\tuint8_t beside[SHUNT_XDR_REPLY_MAX];\n\n"
			"\t\tat = %s_put(beside, beside + sizeof(beside), &res);\n"
			"\t\treturn shunt_xdr_copy(call, beside, at);\n\t}\n",
			name, name);
	fprintf(out,
		"\tat = shunt_rpc_accept(call);\n"
		"\tif (at)\n"
		"\t\tat = %s_put(at, shunt_xdr_room(call), &res);\n"
		"\treturn shunt_xdr_end(call, at);\n}\n\n",
		name);
}

static void write_version(FILE *out, const struct def *program, const struct version *v)
{
	char name[NAME_MAX_LEN + 16], proc[NAME_MAX_LEN + 16];

	lower_name(name, program->name, v->number);
	fprintf(out, "static long %s_serve_version(struct shunt_rpc_call *call)\n{\n", name);
	fprintf(out, "\tswitch (call->procedure) {\n\tcase 0:\n"
		     "\t\treturn shunt_xdr_end(call, shunt_rpc_accept(call));\n");
	for (const struct proc *p = v->procs; p; p = p->next) {
		lower_name(proc, p->name, v->number);
		fprintf(out, "\tcase %uU:\n\t\treturn %s_serve(call);\n", p->number, proc);
	}
	fprintf(out, "\tdefault:\n\t\treturn shunt_rpc_refuse(call, SHUNT_RPC_PROC_UNAVAIL);\n"
		     "\t}\n}\n\n");
	fprintf(out,
		"const struct shunt_rpc_version %s = {\n"
		"\t.program = %lldU, .version = %uU, .serve = %s_serve_version,\n};\n\n",
		name, (long long)program->number, v->number, name);
}

void write_code(FILE *out, const struct def *defs, const char *base)
{
	char name[NAME_MAX_LEN + 16];

	fprintf(out, "/* Written by shunt-rpcgen from %s: not to be changed by hand. */\n",
		lex.file);
	fprintf(out, "#include \"%s.h\"\n\n#include <string.h>\n\n#include <shunt/xdr.h>\n\n",
		base);
	for (const struct def *d = defs; d; d = d->next) {
		for (const struct version *v = d->versions; v; v = v->next) {
			for (const struct proc *p = v->procs; p; p = p->next) {
				lower_name(name, p->name, v->number);
				if (p->arg.kind != KIND_VOID)
					write_get_function(out, p, name);
				if (p->res.kind != KIND_VOID)
					write_put_function(out, p, name);
				if (type_has_views(&p->res))
					write_aliases(out, p, name);
				write_call(out, p, name);
			}
			write_version(out, d, v);
		}
	}
}
