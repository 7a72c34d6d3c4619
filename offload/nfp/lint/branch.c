// SPDX-License-Identifier: BSD-2-Clause
/*
 * branch.c - conditional jumps: which ways they go, and what is known on each
 */
#include <stdlib.h>

#include "walk.h"

#define PACKET_LIMIT 0xffff

static bool is_packet(const struct reg *r)
{
	return r->type == R_PACKET || r->type == R_PACKET_END;
}

static bool low_const(const struct scalar *s)
{
	return !(__u32)s->bits.unknown;
}

/* The constant that a register is compared with. False: there is none. */
static bool compared_with(struct walk *w, const struct bpf_insn *insn, __u64 *value)
{
	const struct reg *src = reg_of(w, insn->src_reg);
	bool is32 = BPF_CLASS(insn->code) == BPF_JMP32;

	if (BPF_SRC(insn->code) == BPF_K) {
		*value = (__u64)(__s64)insn->imm;
		return true;
	}
	*value = is32 ? (__u32)src->var.bits.value : src->var.bits.value;
	return src->type == R_NUMBER && (is32 ? low_const(&src->var) : scalar_is_const(&src->var));
}

/* Against data_end, for a packet pointer of which it is known already. */
static int packet_decided(const struct reg *dst, const struct reg *src, __u8 op)
{
	const struct reg *packet = src->type == R_PACKET_END ? dst : src;

	if (src->type != R_PACKET_END && dst->type != R_PACKET_END)
		return -1;
	if (src->type != R_PACKET_END)
		op = scalar_flip(op);
	if (packet->type != R_PACKET || packet->range >= 0)
		return -1;
	if (op == BPF_JLE || op == BPF_JGT)
		return packet->range == BEYOND_END ? op == BPF_JGT : -1;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

static int decided(struct walk *w, const struct bpf_insn *insn)
{
	const struct reg *dst = reg_of(w, insn->dst_reg), *src = reg_of(w, insn->src_reg);
	bool is32 = BPF_CLASS(insn->code) == BPF_JMP32;
	__u8 op = BPF_OP(insn->code);
	__u64 value;

	if (!compared_with(w, insn, &value))
		return is_packet(dst) && is_packet(src) && !is32 ? packet_decided(dst, src, op)
								 : -1;
	if (dst->type == R_NUMBER)
		return scalar_test(&dst->var, value, op, is32);
	if (dst->type == R_VALUE && !value && (op == BPF_JEQ || op == BPF_JNE))
		return op == BPF_JNE;
	return -1;
}

/* --- what each way knows ---------------------------------------------------------------------- */

static void same_number(struct reg *r, void *arg)
{
	const struct reg *known = arg;

	if (r->type == R_NUMBER && r->id == known->id && r != known) {
		__u32 narrow = r->narrow;

		*r = *known;
		r->narrow = narrow;
	}
}

static void spread(struct state *s, int r)
{
	struct reg known = s->frames[s->cur]->regs[r];

	if (known.type == R_NUMBER && known.id)
		each_reg(s, same_number, &known);
}

static void learn_numbers(struct state *yes, struct state *no, const struct bpf_insn *insn)
{
	struct reg *y = yes->frames[yes->cur]->regs, *n = no->frames[no->cur]->regs;
	int d = insn->dst_reg, s = insn->src_reg;
	bool is32 = BPF_CLASS(insn->code) == BPF_JMP32;
	__u8 op = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) == BPF_K) {
		scalar_learn(&y[d].var, &n[d].var, (__u64)(__s64)insn->imm, op, is32);
	} else if (n[s].type == R_NUMBER) {
		struct scalar src = n[s].var, dst = n[d].var;

		if (scalar_is_const(&src) || (is32 && low_const(&src)))
			scalar_learn(&y[d].var, &n[d].var, src.bits.value, op, is32);
		else if (scalar_is_const(&dst) || (is32 && low_const(&dst)))
			scalar_learn(&y[s].var, &n[s].var, dst.bits.value, scalar_flip(op), is32);
		else if (!is32 && op == BPF_JEQ)
			scalar_meet(&y[s].var, &y[d].var);
		else if (!is32 && op == BPF_JNE)
			scalar_meet(&n[s].var, &n[d].var);
		spread(no, s);
		spread(yes, s);
	}
	spread(no, d);
	spread(yes, d);
}

struct null_test {
	__u32 id;
	bool null;
};

static void settle_null(struct reg *r, void *arg)
{
	const struct null_test *t = arg;

	if (r->type != R_VALUE_OR_NULL || r->id != t->id)
		return;
	r->id = 0;
	if (t->null)
		*r = reg_number(scalar_const(0));
	else
		r->type = R_VALUE;
}

static void learn_null(struct state *s, int r, bool null)
{
	struct null_test t = { s->frames[s->cur]->regs[r].id, null };

	each_reg(s, settle_null, &t);
}

struct range {
	__u32 id;
	__s32 bytes;
};

static void widen(struct reg *r, void *arg)
{
	const struct range *range = arg;

	if (r->type == R_PACKET && r->id == range->id && r->range < range->bytes)
		r->range = range->bytes;
}

/* packet + off is not beyond the end; short: and not at the end either. */
static void learn_inside(struct state *s, int r, bool shorter)
{
	const struct reg *p = &s->frames[s->cur]->regs[r];
	struct range range = { p->id, p->off + shorter };

	if (p->off < 0 || (!p->off && shorter) || p->var.umax > PACKET_LIMIT ||
	    p->var.umax + p->off > PACKET_LIMIT)
		return;
	each_reg(s, widen, &range);
}

static void learn_outside(struct state *s, int r, bool beyond)
{
	s->frames[s->cur]->regs[r].range = beyond ? BEYOND_END : AT_END;
}

/* The comparison of a packet pointer, on the left, with data_end. */
static bool learn_packet(struct state *yes, struct state *no, int r, __u8 op)
{
	switch (op) {
	case BPF_JGT:
		learn_inside(no, r, false);
		learn_outside(yes, r, true);
		return true;
	case BPF_JGE:
		learn_inside(no, r, true);
		learn_outside(yes, r, false);
		return true;
	case BPF_JLT:
		learn_inside(yes, r, true);
		learn_outside(no, r, false);
		return true;
	case BPF_JLE:
		learn_inside(yes, r, false);
		learn_outside(no, r, true);
		return true;
	default:
		return false;
	}
}

static void learn(struct state *yes, struct state *no, const struct bpf_insn *insn)
{
	const struct reg *regs = no->frames[no->cur]->regs;
	enum reg_type dst = regs[insn->dst_reg].type, src = regs[insn->src_reg].type;
	__u8 op = BPF_OP(insn->code);

	if (dst == R_NUMBER)
		learn_numbers(yes, no, insn);
	if (BPF_CLASS(insn->code) == BPF_JMP32)
		return;
	if (BPF_SRC(insn->code) == BPF_X) {
		if (dst == R_PACKET && src == R_PACKET_END)
			learn_packet(yes, no, insn->dst_reg, op);
		else if (dst == R_PACKET_END && src == R_PACKET)
			learn_packet(yes, no, insn->src_reg, scalar_flip(op));
	} else if (dst == R_VALUE_OR_NULL && !insn->imm && (op == BPF_JEQ || op == BPF_JNE)) {
		learn_null(yes, insn->dst_reg, op == BPF_JEQ);
		learn_null(no, insn->dst_reg, op == BPF_JNE);
	}
}

enum step do_branch(struct walk *w, const struct bpf_insn *insn)
{
	__u32 target = w->state->at + 1 + insn->off;
	struct state *yes;
	int taken;

	if (!written(w, insn->dst_reg) ||
	    (BPF_SRC(insn->code) == BPF_X && !written(w, insn->src_reg)))
		return STEP_END;
	taken = decided(w, insn);
	if (taken >= 0) {
		live_exact(w, insn->dst_reg);
		if (BPF_SRC(insn->code) == BPF_X)
			live_exact(w, insn->src_reg);
	}
	if (taken == 0)
		return STEP_NEXT;
	if (taken == 1) {
		w->state->at = target;
		return STEP_JUMP;
	}
	yes = state_copy(w->state);
	if (!yes) {
		w->stopped = true;
		return STEP_END;
	}
	learn(yes, w->state, insn);
	yes->at = target;
	return push_path(w, yes) ? STEP_NEXT : STEP_END;
}
