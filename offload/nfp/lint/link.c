// SPDX-License-Identifier: BSD-2-Clause
/*
 * link.c - each program as one list of instructions: its
 * function, and behind it those that it calls
 *
 * In the order that libbpf puts them in, since the card's code is made in that order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define PROGS 256

struct linking {
	struct lint_object *o;
	struct lint_prog *prog;
	int *start; /* of each function in the program; -1: not there yet */
	int depth;
	struct why *why;
};

static int bad(struct linking *l, const char *text, const struct lint_func *f)
{
	return why_fail(l->why, -EINVAL, "function '%s' %s", f->name, text);
}

static int func_at(const struct lint_object *o, int sec, __u64 off)
{
	for (int i = 0; i < o->nfuncs; i++) {
		if (o->funcs[i].at.sec == sec && o->funcs[i].at.off == off)
			return i;
	}
	return -1;
}

static int map_at(const struct lint_object *o, int sec, __u64 off)
{
	for (int i = 0; i < o->nmaps; i++) {
		if (o->maps[i].sec == sec && (o->maps[i].data || o->maps[i].sec_off == off))
			return i;
	}
	return -1;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* One relocation: what the instruction refers to. */
static int refer(struct linking *l, const struct lint_func *f, struct lint_insn *at,
		 const Elf64_Rel *rel)
{
	const struct lint_object *o = l->o;
	const char *name;
	GElf_Sym sym;

	if (!image_symbol(o->image, ELF64_R_SYM(rel->r_info), &sym, &name))
		return bad(l, "refers to a symbol that is not there", f);
	at->symbol = name;
	if (sym.st_shndx == SHN_UNDEF || sym.st_shndx >= o->image->nsections) {
		at->ref = REF_EXTERN;
		return 0;
	}
	if (is_call(&at->insn)) {
		at->ref = REF_FUNC;
		at->index = func_at(o, sym.st_shndx, sym.st_value + ((__s64)at->insn.imm + 1) * 8);
		return at->index < 0 ? bad(l, "calls what is no function", f) : 0;
	}
	if (!is_wide(&at->insn))
		return bad(l, "has a relocation that means nothing", f);
	at->index = map_at(o, sym.st_shndx, sym.st_value);
	at->ref = at->index < 0 ? REF_EXTERN : REF_MAP;
	return 0;
}

static int relocate(struct linking *l, const struct lint_func *f, struct lint_insn *insns)
{
	const struct section *code = &l->o->image->sections[f->at.sec];
	Elf64_Rel rel;
	int err = 0;

	for (__u32 i = 0; !err && i < f->ninsns; i++) {
		if (image_rel(code, f->at.off + i * 8, &rel))
			err = refer(l, f, &insns[i], &rel);
	}
	return err;
}

/* Calls without a relocation stay inside the section. */
static int find_callees(struct linking *l, const struct lint_func *f, struct lint_insn *insns)
{
	for (__u32 i = 0; i < f->ninsns; i++) {
		struct lint_insn *at = &insns[i];

		if (!is_call(&at->insn) || at->insn.src_reg != BPF_PSEUDO_CALL ||
		    at->ref != REF_NONE)
			continue;
		at->ref = REF_FUNC;
		at->index = func_at(l->o, f->at.sec, f->at.off + (i + (__s64)at->insn.imm + 1) * 8);
		if (at->index < 0)
			return bad(l, "calls what is no function", f);
	}
	return 0;
}

static int append(struct linking *l, int func);

/* Puts what the function calls behind it, and lets the calls say how far away that is. */
static int link_calls(struct linking *l, __u32 first, __u32 n)
{
	for (__u32 i = first; i < first + n; i++) {
		struct lint_insn *at = &l->prog->insns[i];
		int callee = at->index, err = 0;

		if (at->ref != REF_FUNC)
			continue;
		if (l->start[callee] < 0)
			err = append(l, callee);
		if (err)
			return err;
		at = &l->prog->insns[i]; /* it may have moved */
		at->insn.src_reg = BPF_PSEUDO_CALL;
		at->insn.imm = l->start[callee] - (int)i - 1;
	}
	return 0;
}

static int append(struct linking *l, int func)
{
	const struct lint_func *f = &l->o->funcs[func];
	const struct section *s = &l->o->image->sections[f->at.sec];
	struct lint_prog *p = l->prog;
	__u32 first = p->ninsns;
	struct lint_insn *insns;
	int err;

	if (first + f->ninsns > LINT_INSNS || l->depth > 64)
		return bad(l, "makes a program that is larger than any kernel takes", f);
	l->o->ninsns += f->ninsns;
	if (l->o->ninsns > LINT_ALL_INSNS)
		return bad(l, "makes programs that together are larger than can be judged", f);
	insns = reallocarray(p->insns, first + f->ninsns, sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	p->insns = insns;
	p->ninsns = first + f->ninsns;
	l->start[func] = first;
	for (__u32 i = 0; i < f->ninsns; i++) {
		insns[first + i] = (struct lint_insn){ .at = { f->at.sec, f->at.off + i * 8 },
						       .index = -1 };
		memcpy(&insns[first + i].insn, (const char *)s->data + f->at.off + i * 8, 8);
	}
	err = relocate(l, f, insns + first);
	if (!err)
		err = find_callees(l, f, insns + first);
	l->depth++;
	if (!err)
		err = link_calls(l, first, f->ninsns);
	l->depth--;
	return err;
}

static bool is_xdp(const char *section)
{
	return !strcmp(section, "xdp"); /* libbpf takes no other */
}

static int link_prog(struct lint_object *o, int func, struct why *why)
{
	struct linking l = { .o = o, .why = why };
	struct lint_prog *p = reallocarray(o->progs, o->nprogs + 1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	o->progs = p;
	l.prog = p + o->nprogs++;
	memset(l.prog, 0, sizeof(*p));
	memcpy(l.prog->name, o->funcs[func].name, sizeof(l.prog->name));
	l.prog->section = o->image->sections[o->funcs[func].at.sec].name;
	l.prog->xdp = is_xdp(l.prog->section);
	l.start = malloc(o->nfuncs * sizeof(*l.start));
	if (!l.start)
		return -ENOMEM;
	for (int i = 0; i < o->nfuncs; i++)
		l.start[i] = -1;
	err = append(&l, func);
	free(l.start);
	return err;
}

int link_progs(struct lint_object *o, struct why *why)
{
	int err = 0;

	for (int i = 0; !err && i < o->nfuncs; i++) {
		if (!strcmp(o->image->sections[o->funcs[i].at.sec].name, ".text"))
			continue; /* called by others, or by nobody */
		if (o->nprogs == PROGS)
			return why_fail(why, -EINVAL, "it has more than %d programs", PROGS);
		err = link_prog(o, i, why);
	}
	return err || o->nprogs ? err : why_fail(why, -EINVAL, "there is no program in it");
}
