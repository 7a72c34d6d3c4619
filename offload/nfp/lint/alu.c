// SPDX-License-Identifier: BSD-2-Clause
/*
 * alu.c - arithmetic: on numbers and on pointers, and what of it the card cannot do
 */
#include "walk.h"

#define POINTER_LIMIT (1 << 29) /* farther than that the kernel lets no pointer go */

static bool is_pointer(const struct reg *r)
{
	return r->type != R_NUMBER && r->type != R_SPOILT && r->type != R_NONE;
}

static __u64 lesser(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static __u64 greater(__u64 a, __u64 b)
{
	return a > b ? a : b;
}

/* Of a register that is no number the kernel tracks the pointer's variable part. */
static void record(struct walk *w, const struct bpf_insn *insn)
{
	const struct scalar *src = &reg_of(w, insn->src_reg)->var,
			    *dst = &reg_of(w, insn->dst_reg)->var;
	struct seen *s = &w->seen[w->state->at];

	s->umin_src = lesser(s->umin_src, src->umin);
	s->umax_src = greater(s->umax_src, src->umax);
	s->umin_dst = lesser(s->umin_dst, dst->umin);
	s->umax_dst = greater(s->umax_dst, dst->umax);
}

static void check_mul(struct walk *w, const struct bpf_insn *insn)
{
	const struct seen *s = &w->seen[w->state->at];
	bool by_reg = BPF_SRC(insn->code) == BPF_X;

	if (s->umax_dst > UINT32_MAX || (by_reg && s->umax_src > UINT32_MAX))
		complain(w, RULE_MUL_RANGE,
			 "multiplication of what may be more than 32 bits, as the verifier knows");
	else if (!by_reg && BPF_CLASS(insn->code) == BPF_ALU64 && insn->imm < 0)
		complain(w, RULE_MUL_RANGE, "multiplication by %d, which is 64 bits with its sign",
			 insn->imm);
}

static void check_div(struct walk *w, const struct bpf_insn *insn)
{
	const struct seen *s = &w->seen[w->state->at];

	if (s->umax_dst > UINT32_MAX)
		complain(w, RULE_DIV_RANGE,
			 "division of what may be more than 32 bits, as the verifier knows");
	else if (BPF_SRC(insn->code) == BPF_X && s->umin_src != s->umax_src)
		complain(w, RULE_DIV_VARIABLE, "division by a variable");
	else if (BPF_SRC(insn->code) == BPF_X && s->umax_src > UINT32_MAX)
		complain(w, RULE_DIV_RANGE, "division by more than 32 bits");
	else if (BPF_SRC(insn->code) == BPF_K && insn->imm < 0)
		complain(w, RULE_DIV_VARIABLE, "division by the negative number %d", insn->imm);
}

static enum step spoil(struct walk *w, const struct bpf_insn *insn)
{
	*reg_of(w, insn->dst_reg) = reg_spoilt();
	return STEP_NEXT;
}

static enum step bad_math(struct walk *w, const struct bpf_insn *insn, const char *what)
{
	complain(w, RULE_POINTER_MATH, "%s", what);
	return spoil(w, insn);
}

static bool sane(const struct reg *r)
{
	return r->off < POINTER_LIMIT && r->off > -POINTER_LIMIT && r->var.smin < POINTER_LIMIT &&
	       r->var.smin > -POINTER_LIMIT;
}

static void move_pointer(struct walk *w, struct reg *dst, const struct scalar *by, bool subtract)
{
	__s64 fixed = subtract ? (__s64)dst->off - (__s64)by->bits.value :
				 (__s64)dst->off + (__s64)by->bits.value;

	if (scalar_is_const(by) && fixed == (__s32)fixed) {
		dst->off = fixed;
		return;
	}
	scalar_shift_pointer(&dst->var, by, subtract);
	if (dst->type == R_PACKET) {
		dst->id = ++w->id;
		if (!subtract || by->smin < 0)
			dst->range = 0;
	}
}

/* dst = ptr OP by. */
static enum step pointer_math(struct walk *w, const struct bpf_insn *insn, struct reg ptr,
			      struct reg by, bool reversed)
{
	__u8 op = BPF_OP(insn->code);

	if (BPF_CLASS(insn->code) != BPF_ALU64)
		return op == BPF_SUB ? spoil(w, insn)
				     : bad_math(w, insn, "32-bit arithmetic on a pointer");
	if (ptr.type == R_VALUE_OR_NULL) {
		complain(w, RULE_NULL_CHECK, "arithmetic on what may be NULL");
		return spoil(w, insn);
	}
	if (ptr.type == R_PACKET_END || ptr.type == R_MAP)
		return bad_math(w, insn,
				ptr.type == R_MAP ? "arithmetic on a map"
						  : "arithmetic on data_end");
	if (op != BPF_ADD && op != BPF_SUB)
		return bad_math(w, insn, "a pointer can be added to, and taken from, alone");
	if (op == BPF_SUB && (reversed || ptr.type == R_STACK))
		return bad_math(w, insn, reversed ? "a pointer taken from a number" :
						    "subtraction from a stack pointer");
	by.off = 0;
	if (!sane(&by) || !sane(&ptr))
		return bad_math(w, insn,
				"the verifier sees no bounds of what is added to a pointer");
	move_pointer(w, &ptr, &by.var, op == BPF_SUB);
	if (!sane(&ptr))
		return bad_math(w, insn,
				"the verifier sees no bounds of where a pointer points to");
	*reg_of(w, insn->dst_reg) = ptr;
	return STEP_NEXT;
}

static enum step move(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *dst = reg_of(w, insn->dst_reg), *src = reg_of(w, insn->src_reg);
	bool is32 = BPF_CLASS(insn->code) == BPF_ALU;

	if (BPF_SRC(insn->code) == BPF_K) {
		*dst = reg_number(scalar_const(is32 ? (__u32)insn->imm : (__u64)(__s64)insn->imm));
		return STEP_NEXT;
	}
	if (!written(w, insn->src_reg))
		return STEP_END;
	if (!is32) {
		if (src->type == R_NUMBER && !src->id)
			src->id = ++w->id;
		*dst = *src;
		return STEP_NEXT;
	}
	if (is_pointer(src)) {
		/* Half a pointer is a number, for users who may load programs. */
		*dst = reg_number(scalar_low32(scalar_any()));
		return STEP_NEXT;
	}
	*dst = *src;
	dst->id = 0;
	dst->var = scalar_low32(dst->var);
	return STEP_NEXT;
}

static enum step unary(struct walk *w, const struct bpf_insn *insn)
{
	if (!written(w, insn->dst_reg))
		return STEP_END;
	if (is_pointer(reg_of(w, insn->dst_reg)))
		return bad_math(w, insn, "a pointer can be added to, and taken from, alone");
	*reg_of(w, insn->dst_reg) = reg_number(scalar_any());
	return STEP_NEXT;
}

/* True: no kernel takes it. */
static bool malformed(struct walk *w, const struct bpf_insn *insn, __u8 op)
{
	bool by_reg = BPF_SRC(insn->code) == BPF_X;
	int bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;

	if (op == BPF_NEG || op == BPF_END) {
		if (!insn->src_reg && !insn->off &&
		    (op == BPF_NEG ? !by_reg && !insn->imm :
				     insn->imm == 16 || insn->imm == 32 || insn->imm == 64))
			return false;
	} else if (by_reg ? !insn->imm && !insn->off : !insn->src_reg && !insn->off) {
		if (by_reg || !((op == BPF_DIV && !insn->imm) ||
				((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
				 (insn->imm < 0 || insn->imm >= bits))))
			return false;
	}
	complain(w, RULE_BAD_INSN, "arithmetic that the kernel does not know, with %d", insn->imm);
	return true;
}

static enum step compute(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *dst = reg_of(w, insn->dst_reg), *src = reg_of(w, insn->src_reg), number;
	__u8 op = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) == BPF_K) {
		number = reg_number(scalar_const((__u64)(__s64)insn->imm));
		src = &number;
	} else if (!written(w, insn->src_reg)) {
		return STEP_END;
	}
	if (!written(w, insn->dst_reg))
		return STEP_END;
	if (dst->type == R_SPOILT || src->type == R_SPOILT)
		return spoil(w, insn);
	if (is_pointer(dst) && is_pointer(src)) {
		if (op != BPF_SUB)
			return bad_math(w, insn, "arithmetic on two pointers");
		*dst = reg_number(scalar_any());
		return STEP_NEXT;
	}
	if (BPF_SRC(insn->code) == BPF_X && (is_pointer(dst) || is_pointer(src)))
		live_exact(w, is_pointer(dst) ? insn->src_reg : insn->dst_reg);
	if (is_pointer(dst))
		return pointer_math(w, insn, *dst, *src, false);
	if (is_pointer(src))
		return pointer_math(w, insn, *src, *dst, true);
	dst->id = 0;
	scalar_op(&dst->var, src->var, op, BPF_CLASS(insn->code) == BPF_ALU);
	return STEP_NEXT;
}

enum step do_alu(struct walk *w, const struct bpf_insn *insn)
{
	__u8 op = BPF_OP(insn->code);

	record(w, insn);
	if (op == BPF_MUL)
		check_mul(w, insn);
	else if (op == BPF_DIV)
		check_div(w, insn);
	if (malformed(w, insn, op))
		return STEP_END;
	if (op == BPF_MOV)
		return move(w, insn);
	if (op == BPF_NEG || op == BPF_END)
		return unary(w, insn);
	return compute(w, insn);
}
