// SPDX-License-Identifier: BSD-2-Clause
/*
 * flow.c - a program's shape, without following paths: is it sound, and which registers matter where
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

/* --- soundness -------------------------------------------------------------------------------------- */

struct shape {
	struct walk *w;
	bool *second; /* the second half of a 64-bit constant */
	bool *met;
	__u32 *todo;
	__u32 ntodo;
};

static bool bad_shape(struct walk *w, __u32 i, enum lint_rule rule, const char *what)
{
	lint_say(w->o, rule, w->p, w->insns[i].at, "%s", what);
	return false;
}

static bool mark_halves(struct shape *s)
{
	struct walk *w = s->w;

	for (__u32 i = 0; i < w->n; i++) {
		const struct bpf_insn *insn = &w->insns[i].insn;

		if (insn->dst_reg >= REGS || insn->src_reg >= REGS)
			return bad_shape(w, i, RULE_BAD_INSN, "a register that does not exist");
		if (!is_wide(insn))
			continue;
		if (i + 1 == w->n || w->insns[i + 1].insn.code)
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
				return bad_shape(w, i, RULE_BAD_CALL, "a program that calls itself");
			w->seen[target].func_start = true;
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
	return funcs <= FUNCS || bad_shape(w, 0, RULE_BAD_CALL, "a program of more than 256 functions");
}

static bool reach(struct shape *s, __u32 from, __s64 to)
{
	if (to < 0 || to >= s->w->n || s->w->owner[to] != s->w->owner[from] || s->second[to])
		return bad_shape(s->w, from, RULE_BAD_JUMP, "a jump out of its function, or its end is open");
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
			return bad_shape(w, i, RULE_BAD_JUMP, "an instruction that nothing leads to");
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
		for (__u32 i = 0; i < w->n; i++) {
			const struct bpf_insn *insn = &w->insns[i].insn;

			if (is_load(insn) && insn->src_reg == FP && insn->off < 0 && insn->off >= -8 * SLOTS)
				w->fills[w->owner[i]] |= 1ULL << ((-insn->off - 1) / 8);
		}
	} else {
		w->stopped = true;
	}
	free(s.second);
	free(s.met);
	free(s.todo);
	return good;
}

/* --- which registers matter ------------------------------------------------------------------------- */

/* Does arithmetic ask for the ranges of its operands? */
static bool asks_ranges(const struct bpf_insn *i)
{
	__u8 op = BPF_OP(i->code);

	return op == BPF_MUL || op == BPF_DIV ||
	       (BPF_SRC(i->code) == BPF_X && (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH));
}

static void needs_of_alu(const struct bpf_insn *i, struct needs *n)
{
	__u16 dst = BIT(i->dst_reg), src = BPF_SRC(i->code) == BPF_X ? BIT(i->src_reg) : 0;
	__u8 op = BPF_OP(i->code);
	bool wanted = n->ranges & dst, all = BPF_CLASS(i->code) == BPF_ALU64;

	if (op == BPF_END) {
		src = 0;
		all = i->imm == 64;
	}
	n->wide &= ~dst;
	if (op == BPF_MOV) {
		n->live = (n->live & ~dst) | src;
		n->ranges = (n->ranges & ~dst) | (wanted ? src : 0);
		n->wide |= all ? src : 0;
		return;
	}
	n->live |= dst | src;
	if (wanted || asks_ranges(i))
		n->ranges |= dst | src;
	if (all)
		n->wide |= dst | src;
}

static void needs_of_memory(const struct bpf_insn *i, struct needs *n)
{
	__u16 dst = BIT(i->dst_reg), src = BIT(i->src_reg);

	if (is_load(i)) {
		n->live = (n->live & ~dst) | src;
		n->ranges = (n->ranges & ~dst) | src;
		n->wide = (n->wide & ~dst) | src;
		return;
	}
	n->live |= dst;
	n->ranges |= dst;
	n->wide |= dst;
	if (BPF_CLASS(i->code) == BPF_ST)
		return;
	n->live |= src;
	if (is_atomic(i) || i->dst_reg == FP)
		n->ranges |= src;
	if (BPF_SIZE(i->code) == BPF_DW)
		n->wide |= src;
}

static void needs_of_call(const struct bpf_insn *i, struct needs *n, const struct needs *callee)
{
	__u16 args = 0;

	for (int r = 1; r <= helper_args(i->imm) && !callee; r++)
		args |= BIT(r);
	n->live = (n->live & ~SCRATCH) | (callee ? ARGS : args);
	n->ranges = (n->ranges & ~SCRATCH) | (callee ? ARGS : args);
	n->wide = (n->wide & ~SCRATCH) | (callee ? callee->wide & ARGS : args);
}

/* From what is needed behind the instruction to what is needed before it. */
static void needs_before(const struct walk *w, __u32 at, struct needs *n, bool wide_return)
{
	const struct bpf_insn *i = &w->insns[at].insn;
	__u16 dst = BIT(i->dst_reg), src = BPF_SRC(i->code) == BPF_X ? BIT(i->src_reg) : 0;

	if (is_exit(i)) {
		*n = (struct needs){ .live = BIT(0), .ranges = BIT(0), .wide = wide_return ? BIT(0) : 0 };
	} else if (is_call(i)) {
		bool func = is_func_call(i) && w->insns[at].ref == REF_FUNC;

		needs_of_call(i, n, func ? &w->needs[at + 1 + i->imm] : NULL);
	} else if (is_branch(i)) {
		n->live |= dst | src;
		n->ranges |= dst | src;
		if (BPF_CLASS(i->code) == BPF_JMP)
			n->wide |= dst | src;
	} else if (is_alu(i)) {
		needs_of_alu(i, n);
	} else if (BPF_CLASS(i->code) == BPF_LDX || BPF_CLASS(i->code) == BPF_STX ||
		   BPF_CLASS(i->code) == BPF_ST) {
		needs_of_memory(i, n);
	} else if (BPF_CLASS(i->code) == BPF_LD) {
		n->live &= ~dst;
		n->ranges &= ~dst;
		n->wide &= ~dst;
	}
}

static void join(struct needs *n, const struct needs *also)
{
	n->live |= also->live;
	n->ranges |= also->ranges;
	n->wide |= also->wide;
}

static struct needs needs_behind(const struct walk *w, __u32 at)
{
	const struct bpf_insn *i = &w->insns[at].insn;
	struct needs n = { 0, 0, 0 };

	if (!ends_path(i) && at + width(i) < w->n)
		join(&n, &w->needs[at + width(i)]);
	if (goes_elsewhere(i))
		join(&n, &w->needs[at + 1 + i->off]);
	return n;
}

/* Main's result is read in full; another function's if any of those that called it does. */
static bool wide_return(const struct walk *w, __u32 start)
{
	for (__u32 i = 0; start && i + 1 < w->n; i++) {
		if (is_func_call(&w->insns[i].insn) && i + 1 + w->insns[i].insn.imm == start &&
		    (w->needs[i + 1].wide & BIT(0)))
			return true;
	}
	return !start;
}

static void settle_needs(struct walk *w, bool reached_only)
{
	bool again = true, wide = false;

	while (again) {
		__u32 asked = 0;

		again = false;
		for (__u32 i = w->n; i-- > 0;) {
			struct needs n = needs_behind(w, i), *old = &w->needs[i];

			if (reached_only && !w->seen[i].reached)
				continue;
			if (is_exit(&w->insns[i].insn) && reached_only) {
				__u32 start = w->owner[i];

				if (!asked || asked != start + 1)
					wide = wide_return(w, start);
				asked = start + 1;
			}
			needs_before(w, i, &n, wide);
			if (n.live != old->live || n.ranges != old->ranges || n.wide != old->wide)
				again = true;
			*old = n;
		}
	}
}

int flow_prepare(struct walk *w)
{
	settle_needs(w, false);
	return 0;
}

/* Is it a result of 32 bits that is known not to be an address? */
static bool makes_32_bits(const struct walk *w, __u32 i)
{
	const struct bpf_insn *insn = &w->insns[i].insn;

	if (is_load(insn))
		return BPF_SIZE(insn->code) != BPF_DW && w->seen[i].ptr.type != R_CTX;
	return BPF_CLASS(insn->code) == BPF_ALU;
}

/* Which results must have their upper half cleared: where paths lead that were followed. */
void flow_zero_extends(struct walk *w)
{
	for (__u32 i = 0; i < w->n; i++)
		w->needs[i] = (struct needs){ 0, 0, 0 };
	settle_needs(w, true);
	for (__u32 i = 0; i < w->n; i++) {
		if (w->seen[i].reached && makes_32_bits(w, i))
			w->seen[i].zero_extends = needs_behind(w, i).wide >> w->insns[i].insn.dst_reg & 1;
	}
}
