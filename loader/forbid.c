// SPDX-License-Identifier: BSD-2-Clause
/*
 * forbid.c - rules for policies that no compiler enforces, checked in the instructions
 *
 * Division by a variable: in BPF n / 0 is 0, and native code ends its process with SIGFPE. A policy
 * must answer alike in both, so the divisor is a constant, or shunt_div() and shunt_mod() of
 * policy.h ask whether it is 0.
 *
 * Small tables of constants: clang puts those of 4, 8, 16 and 32 bytes into sections of their own,
 * which libbpf does not find. SHUNT_TABLE of policy.h says where they belong.
 */
#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "forbid.h"
#include "../offload/nfp/lint/image.h"
#include "origin.h"

#define POLICY_H "include/shunt/policy.h"

/* One instruction of a bundle's program. */
struct spot {
	const struct bundle *b;
	const struct lint_object *o;
	const struct lint_insn *insn;
	const struct lint_line *line; /* NULL: not known */
};

static int refuse(struct ctl *ctl, const struct spot *s, const char *what, const char *advice)
{
	char at[256] = "";

	fail(ctl, -EINVAL, "policy '%s' %s%s%s", s->b->desc.name, what, s->line ? ", at: " : "",
	     s->line ? origin_show(s->line, at, sizeof(at)) : "");
	hint(ctl, "%s", advice);
	return -EINVAL;
}

static bool divides_by_register(const struct bpf_insn *insn)
{
	__u8 cls = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (cls == BPF_ALU || cls == BPF_ALU64) && (op == BPF_DIV || op == BPF_MOD) &&
	       BPF_SRC(insn->code) == BPF_X;
}

/* Inside of shunt_div(). */
static bool is_checked(const struct lint_line *line)
{
	const char *name = line ? strstr(line->file, POLICY_H) : NULL;

	return name && !name[strlen(POLICY_H)];
}

/* Does the instruction take the address of a small constant? */
static bool uses_small_table(const struct spot *s)
{
	const struct section *code = &s->o->image->sections[s->insn->at.sec];
	const char *name;
	Elf64_Rel rel;
	GElf_Sym sym;

	return image_rel(code, s->insn->at.off, &rel) &&
	       image_symbol(s->o->image, ELF64_R_SYM(rel.r_info), &sym, &name) &&
	       sym.st_shndx < s->o->image->nsections &&
	       !strncmp(s->o->image->sections[sym.st_shndx].name, ".rodata.cst", 11);
}

static int check_spot(struct ctl *ctl, const struct spot *s)
{
	if (divides_by_register(&s->insn->insn) && !is_checked(s->line))
		return refuse(ctl, s, "divides (/ or %) by a variable",
			      "shunt_div(a, b) and shunt_mod(a, b) are a / b and a % b, and 0 "
			      "where b is 0: a plain division by 0 would end the worker");
	if (uses_small_table(s))
		return refuse(ctl, s, "has a table of constants where libbpf does not find it",
			      "declare it with SHUNT_TABLE in place of 'static const': SHUNT_TABLE "
			      "int mine[4] = { ... }");
	return 0;
}

static int check_part(struct ctl *ctl, const struct bundle *b, enum part part)
{
	struct lint_object o;
	int err = origin_read(ctl, b, part, &o);

	for (int i = 0; !err && i < o.nprogs; i++) {
		const struct lint_prog *p = &o.progs[i];

		for (__u32 n = 0; !err && n < p->ninsns; n++) {
			struct spot s = { b, &o, &p->insns[n], origin_line(&o, p, n) };

			err = check_spot(ctl, &s);
		}
	}
	origin_free(&o);
	return err;
}

static int check(struct ctl *ctl, const struct bundle *b)
{
	int err = check_part(ctl, b, PART_HOST);

	return err || !b->nic ? err : check_part(ctl, b, PART_NIC);
}

int bundle_of_file(struct ctl *ctl, const char *path, const char *name, struct bundle *b)
{
	int err = bundle_read(&ctl->why, path, name, b);

	if (err)
		return err;
	err = check(ctl, b);
	if (err)
		bundle_close(b);
	return err;
}
