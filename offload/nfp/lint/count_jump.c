// SPDX-License-Identifier: BSD-2-Clause
/*
 * count_jump.c - how many of the card's instructions jumps and calls become
 */
#include "count.h"

static __u32 compare_const(const struct bpf_insn *i, bool is32)
{
	__s64 imm = i->imm;
	__u8 op = BPF_OP(i->code);

	if (imm < 0 && (op == BPF_JGE || op == BPF_JSGE || op == BPF_JLT || op == BPF_JSLT))
		imm = (__s32)-(__u32)i->imm;
	return operand(imm) + (is32 ? 0 : operand((__u64)imm >> 32) + 1) + 2;
}

static __u32 branch_const(const struct bpf_insn *i, bool is32)
{
	__u32 low = i->imm, high = i->imm < 0 ? ~0u : 0;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		if (is32)
			return operand(low) + 2;
		return (low ? operand(low) + 1 : 0) + (high ? operand(high) + 1 : 0) + 2;
	case BPF_JNE:
		if (!low)
			return 2;
		return operand(low) + 2 + (is32 ? 0 : operand(high) + 2);
	case BPF_JSET:
		return operand(low) + 2 + (!is32 && high);
	default:
		return compare_const(i, is32);
	}
}

static __u32 count_branch(const struct bpf_insn *i)
{
	bool is32 = BPF_CLASS(i->code) == BPF_JMP32;

	if (BPF_SRC(i->code) == BPF_K)
		return branch_const(i, is32);
	if (is32)
		return 2;
	return BPF_OP(i->code) == BPF_JNE || BPF_OP(i->code) == BPF_JSET ||
			       BPF_OP(i->code) == BPF_JEQ
		       ? 4
		       : 3;
}

static __u32 count_helper(const struct count *c, __u32 at, const struct seen *s)
{
	switch (c->w->insns[at].insn.imm) {
	case BPF_FUNC_map_lookup_elem:
		/* A key that is not at the start of the stack
		 * costs setting an address register, twice. */
		return 3 + (s->key_moves || (__s64)c->depth + s->key_off ? 5 : 0);
	case BPF_FUNC_get_prandom_u32:
		return 3;
	case BPF_FUNC_xdp_adjust_head:
		return c->w->adjust_head == (int)at ? 5 : 16;
	case BPF_FUNC_xdp_adjust_tail:
		return 11;
	default:
		return 3; /* perf_event_output */
	}
}

static __u32 count_call(const struct count *c, __u32 at)
{
	__u32 frame = (c->depth + 63) & ~63u;
	__u32 n = saves_regs(c->w, at + 1 + c->w->insns[at].insn.imm) ? 3 : 2;

	return frame ? n + 2 * operand(frame) + 2 + 5 : n;
}

__u32 count_jump(const struct count *c, __u32 at, const struct seen *s)
{
	const struct bpf_insn *i = &c->w->insns[at].insn;

	if (is_func_call(i))
		return count_call(c, at);
	if (is_call(i))
		return count_helper(c, at, s);
	if (is_exit(i))
		return c->main ? 1 : 2;
	return is_branch(i) ? count_branch(i) : 1;
}
