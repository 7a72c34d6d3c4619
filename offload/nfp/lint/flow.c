// SPDX-License-Identifier: BSD-2-Clause
/*
 * flow.c - a program's shape: is it sound, and which results are read as 64 bits
 */
#include <stdlib.h>

#include "walk.h"

#define FUNCS 256 /* of a program, with its main one: as the kernel has it */

#define BIT(r) ((__u16)(1u << (r)))
#define ARGS ((__u16)0x3e)    /* R1 to R5 */
#define SCRATCH ((__u16)0x3f) /* R0 to R5 */

static bool ends_path(const struct bpf_insn *i)
{
	return is_exit(i) || i->code == (BPF_JMP | BPF_JA);
}

static int width(const struct bpf_insn *i)
{
	return is_wide(i) ? 2 : 1;
}

static bool goes_elsewhere(const struct bpf_insn *i)
{
	return is_branch(i) || i->code == (BPF_JMP | BPF_JA);
}

/* --- soundness -------------------------------------------------------------------------------- */

struct shape {
	struct walk *w;
	bool *second; /* the second half of a 64-bit constant */
	bool *met;
	__u32 *todo;
	__u32 ntodo;
};

static bool bad_shape(struct walk *w, __u32 i, enum lint_rule rule, const char *what)
{
	lint_finding(w->o, rule, w->p, w->insns[i].at, "%s", what);
	return false;
}

static bool is_second_half(const struct bpf_insn *i)
{
	return !i->code && !i->dst_reg && !i->src_reg && !i->off;
}

static bool mark_halves(struct shape *s)
{
	struct walk *w = s->w;

	for (__u32 i = 0; i < w->n; i++) {
		const struct bpf_insn *insn = &w->insns[i].insn;

		if (insn->dst_reg >= REGS || insn->src_reg >= REGS)
			return bad_shape(w, i, RULE_BAD_INSN, "a register that does not exist");
		if (BPF_CLASS(insn->code) == BPF_LDX && insn->imm)
			return bad_shape(w, i, RULE_BAD_INSN,
					 "a load with a field that it has not");
		if (!is_wide(insn))
			continue;
		if (i + 1 == w->n || !is_second_half(&w->insns[i + 1].insn))
			return bad_shape(w, i, RULE_BAD_INSN, "half a 64-bit constant");
		s->second[++i] = true;
	}
	return true;
}

static bool mark_funcs(struct shape *s)
{
	struct walk *w = s->w;
	__u32 start = 0, funcs = 1;

	w->seen[0].func_start = false; /* main is nobody's callee */
	for (__u32 i = 0; i < w->n; i++) {
		const struct lint_insn *at = &w->insns[i];

		if (is_func_call(&at->insn) && at->ref == REF_FUNC) {
			__s64 target = i + 1 + (__s64)at->insn.imm;

			if (target <= 0 || target >= w->n)
				return bad_shape(w, i, RULE_BAD_CALL,
						 "a program that calls itself");
			w->seen[target].func_start = true;
			w->calls = true;
			w->seen[target].jump_target = true;
			w->seen[target].meeting = true;
		} else if (is_func_call(&at->insn) && at->ref != REF_EXTERN) {
			return bad_shape(w, i, RULE_BAD_CALL, "a call to nowhere");
		}
	}
	for (__u32 i = 0; i < w->n; i++) {
		if (w->seen[i].func_start) {
			start = i;
			funcs++;
		}
		w->owner[i] = start;
	}
	return funcs <= FUNCS ||
	       bad_shape(w, 0, RULE_BAD_CALL, "a program of more than 256 functions");
}

static bool reach(struct shape *s, __u32 from, __s64 to)
{
	if (to < 0 || to >= s->w->n || s->w->owner[to] != s->w->owner[from] || s->second[to])
		return bad_shape(s->w, from, RULE_BAD_JUMP,
				 "a jump out of its function, or its end is open");
	if (!s->met[to]) {
		s->met[to] = true;
		s->todo[s->ntodo++] = to;
	}
	return true;
}

static bool follow_shape(struct shape *s)
{
	while (s->ntodo) {
		__u32 i = s->todo[--s->ntodo];
		const struct bpf_insn *insn = &s->w->insns[i].insn;
		__s64 target = (__s64)i + 1 + insn->off;

		if (goes_elsewhere(insn)) {
			if (!reach(s, i, target))
				return false;
			s->w->seen[target].jump_target = true;
			s->w->seen[target].meeting = true;
		}
		if (!ends_path(insn) && !reach(s, i, (__s64)i + width(insn)))
			return false;
		if (is_branch(insn) || is_func_call(insn))
			s->w->seen[i].meeting = true;
		if (is_call(insn))
			s->w->seen[i + 1].meeting = true;
	}
	return true;
}

static bool check_shape(struct shape *s)
{
	struct walk *w = s->w;

	if (!mark_halves(s) || !mark_funcs(s))
		return false;
	for (__u32 i = 0; i < w->n; i++) {
		if (s->w->owner[i] == i) {
			s->met[i] = true;
			s->todo[s->ntodo++] = i;
		}
	}
	if (!follow_shape(s))
		return false;
	for (__u32 i = 0; i < w->n; i++) {
		if (!s->met[i] && !s->second[i])
			return bad_shape(w, i, RULE_BAD_JUMP,
					 "an instruction that nothing leads to");
	}
	return true;
}

bool flow_check(struct walk *w)
{
	struct shape s = { .w = w };
	bool good = false;

	s.second = calloc(w->n, sizeof(*s.second));
	s.met = calloc(w->n, sizeof(*s.met));
	s.todo = calloc(w->n, sizeof(*s.todo));
	if (s.second && s.met && s.todo) {
		good = check_shape(&s);
	} else {
		w->stopped = true;
	}
	free(s.second);
	free(s.met);
	free(s.todo);
	return good;
}

/* --- whose upper halves matter ---------------------------------------------------------------- */

static __u16 wide_before_alu(const struct bpf_insn *i, __u16 wide)
{
	__u16 dst = BIT(i->dst_reg), src = BPF_SRC(i->code) == BPF_X ? BIT(i->src_reg) : 0;
	__u8 op = BPF_OP(i->code);
	bool all = BPF_CLASS(i->code) == BPF_ALU64;

	if (op == BPF_END) {
		src = 0;
		all = i->imm == 64;
	}
	wide &= ~dst;
	if (op == BPF_MOV)
		return wide | (all ? src : 0);
	return wide | (all ? dst | src : 0);
}

static __u16 wide_before_memory(const struct bpf_insn *i, __u16 wide)
{
	__u16 dst = BIT(i->dst_reg), src = BIT(i->src_reg);

	if (is_load(i))
		return (wide & ~dst) | src;
	return wide | dst | (BPF_CLASS(i->code) != BPF_ST && BPF_SIZE(i->code) == BPF_DW ? src : 0);
}

static __u16 wide_before_call(const struct walk *w, __u32 at, __u16 wide)
{
	const struct bpf_insn *i = &w->insns[at].insn;

	wide &= ~SCRATCH;
	if (is_func_call(i) && w->insns[at].ref == REF_FUNC)
		return wide | (w->wide[at + 1 + i->imm] & ARGS);
	for (int r = 1; r <= helper_args(i->imm); r++)
		wide |= BIT(r);
	return wide;
}

/* From the registers that are read as 64 bits behind the instruction to those before it. */
static __u16 wide_before(const struct walk *w, __u32 at, __u16 wide, bool wide_return)
{
	const struct bpf_insn *i = &w->insns[at].insn;
	__u16 dst = BIT(i->dst_reg), src = BPF_SRC(i->code) == BPF_X ? BIT(i->src_reg) : 0;

	if (is_exit(i))
		return wide_return ? BIT(0) : 0;
	if (is_call(i))
		return wide_before_call(w, at, wide);
	if (is_branch(i))
		return wide | (BPF_CLASS(i->code) == BPF_JMP ? dst | src : 0);
	if (is_alu(i))
		return wide_before_alu(i, wide);
	if (BPF_CLASS(i->code) == BPF_LDX || BPF_CLASS(i->code) == BPF_STX ||
	    BPF_CLASS(i->code) == BPF_ST)
		return wide_before_memory(i, wide);
	return BPF_CLASS(i->code) == BPF_LD ? wide & ~dst : wide;
}

static __u16 wide_behind(const struct walk *w, __u32 at)
{
	const struct bpf_insn *i = &w->insns[at].insn;
	__u16 wide = 0;

	if (!ends_path(i) && at + width(i) < w->n)
		wide |= w->wide[at + width(i)];
	if (goes_elsewhere(i))
		wide |= w->wide[at + 1 + i->off];
	return wide;
}

/* Main's result is read in full; another function's if any of those that called it does. */
static bool wide_return(const struct walk *w, __u32 start)
{
	for (__u32 i = 0; start && i + 1 < w->n; i++) {
		if (is_func_call(&w->insns[i].insn) && i + 1 + w->insns[i].insn.imm == start &&
		    (w->wide[i + 1] & BIT(0)))
			return true;
	}
	return !start;
}

static void settle_wide(struct walk *w)
{
	bool again = true, wide = false;

	while (again) {
		__u32 asked = 0;

		again = false;
		for (__u32 i = w->n; i-- > 0;) {
			__u16 now;

			if (!w->seen[i].reached)
				continue;
			if (is_exit(&w->insns[i].insn)) {
				if (asked != w->owner[i] + 1)
					wide = wide_return(w, w->owner[i]);
				asked = w->owner[i] + 1;
			}
			now = wide_before(w, i, wide_behind(w, i), wide);
			again |= now != w->wide[i];
			w->wide[i] = now;
		}
	}
}

/* Is it a result of 32 bits that is known not to be an address? */
static bool makes_32_bits(const struct walk *w, __u32 i)
{
	const struct bpf_insn *insn = &w->insns[i].insn;

	if (is_load(insn))
		return BPF_SIZE(insn->code) != BPF_DW && w->seen[i].ptr.type != R_CTX;
	return BPF_CLASS(insn->code) == BPF_ALU;
}

/* Marks the results whose upper half must be cleared:
 * by the paths that were followed from there. */
void flow_zero_extends(struct walk *w)
{
	settle_wide(w);
	for (__u32 i = 0; i < w->n; i++) {
		if (w->seen[i].reached && makes_32_bits(w, i))
			w->seen[i].zero_extends = wide_behind(w, i) >> w->insns[i].insn.dst_reg & 1;
	}
}
