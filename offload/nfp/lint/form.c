// SPDX-License-Identifier: BSD-2-Clause
/*
 * form.c - is an instruction well-formed? Fields that it
 * does not use must be zero: the kernel reserves them.
 */
#include "walk.h"

static bool call_form(const struct bpf_insn *i)
{
	return !i->dst_reg && i->src_reg <= BPF_PSEUDO_KFUNC_CALL &&
	       (i->src_reg == BPF_PSEUDO_KFUNC_CALL || !i->off);
}

static bool jump_form(const struct bpf_insn *i)
{
	if (is_branch(i))
		return BPF_SRC(i->code) == BPF_X ? !i->imm : !i->src_reg;
	if (is_call(i))
		return call_form(i);
	return !i->imm && !i->src_reg && !i->dst_reg; /* off: of a return it is not looked at */
}

static bool writes_dst(const struct bpf_insn *i)
{
	return is_alu(i) || is_load(i) || BPF_CLASS(i->code) == BPF_LD;
}

/* Of arithmetic alu.c knows more. */
bool well_formed(struct walk *w, const struct bpf_insn *i)
{
	bool good = true;

	if (is_jump(i))
		good = jump_form(i);
	else if (is_store(i))
		good = !i->imm;
	else if ((i->code & ~0x18) == (BPF_ST | BPF_MEM))
		good = !i->src_reg;
	else if (is_wide(i))
		good = !i->off;
	if (!good)
		complain(w, RULE_BAD_INSN, "an instruction (%#x) with a field that it has not",
			 i->code);
	if (writes_dst(i) && i->dst_reg == FP) {
		complain(w, RULE_STACK_BOUNDS,
			 "register 10 is written, which holds the frame's address");
		good = false;
	}
	return good;
}
